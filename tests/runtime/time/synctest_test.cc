// Bubbles, against what Go's documentation of testing/synctest says of them.
#include "muster/synctest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "tests/runtime/sync/expect_panic.h"
#include "tests/runtime/wait_until.h"

// Reports leave the runtime's own namespace out, so this stands outside of it.
static __attribute__((noinline)) void SendForEver(const muster::Chan<int>& chan) {
  chan.Send(1);
  muster::runtime::Gosched();  // so that the call above is no tail call
}

namespace muster {
namespace {

using testing::ExpectPanic;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kBegin = absl::FromCivil(absl::CivilSecond(2000, 1, 1), absl::UTCTimeZone());

std::string PanicOfRun(const std::function<void()>& fn) {
  try {
    synctest::Run(fn);
  } catch (const Panic& panic) {
    return panic.what();
  }
  return "";
}

const record::Goroutine* Find(const record::Snapshot& snapshot, uint64_t id) {
  for (const record::Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.id == id) return &goroutine;
  }
  return nullptr;
}

// ---- the clock

TEST(SynctestClock, BeginsAtMidnightOfTheYear2000) {
  muster::Run([] { synctest::Run([] { EXPECT_EQ(time::Now(), kBegin); }); });
}

TEST(SynctestClock, BeginsAnewInEachBubble) {
  muster::Run([] {
    for (int i = 0; i < 3; ++i) {
      synctest::Run([] {
        EXPECT_EQ(time::Now(), kBegin);
        time::Sleep(absl::Hours(1));
      });
    }
  });
}

TEST(SynctestClock, IsTheWallClockOutside) {
  muster::Run([] {
    synctest::Run([] { time::Sleep(absl::Hours(1)); });
    EXPECT_GT(time::Now(), kBegin + absl::Hours(24 * 365 * 20));
  });
}

TEST(SynctestClock, MovesBySleepExactly) {
  muster::Run([] {
    synctest::Run([] {
      const absl::Time begin = time::Now();
      time::Sleep(absl::Hours(24) + absl::Nanoseconds(1));
      EXPECT_EQ(time::Since(begin), absl::Hours(24) + absl::Nanoseconds(1));
      EXPECT_EQ(time::Until(begin), -(absl::Hours(24) + absl::Nanoseconds(1)));
    });
  });
}

TEST(SynctestClock, StandsStillWhileAGoroutineRuns) {
  muster::Run([] {
    synctest::Run([] {
      time::Timer timer = time::NewTimer(absl::Nanoseconds(1));
      for (int i = 0; i < 1000; ++i) runtime::Gosched();
      EXPECT_EQ(time::Now(), kBegin);
      EXPECT_EQ(timer.C().Len(), 0u);
      EXPECT_TRUE(timer.Stop());
    });
  });
}

TEST(SynctestClock, WakesSleepersInTheOrderOfTime) {
  muster::Run([] {
    synctest::Run([] {
      Chan<int> order = MakeChan<int>(5);
      for (const int hours : {3, 1, 4, 2, 5}) {
        Go([order, hours] {
          time::Sleep(absl::Hours(hours));
          order.Send(hours);
        });
      }
      time::Sleep(absl::Hours(6));
      for (int hours = 1; hours <= 5; ++hours) EXPECT_EQ(order.Recv(), hours);
    });
  });
}

TEST(SynctestClock, RunsTimersTickersAndFunctions) {
  muster::Run([] {
    synctest::Run([] {
      const std::optional<absl::Time> fired = time::After(absl::Minutes(5)).Recv();
      EXPECT_EQ(*fired, kBegin + absl::Minutes(5));

      time::Ticker ticker = time::NewTicker(absl::Milliseconds(250));
      for (int i = 1; i <= 10; ++i) {
        EXPECT_EQ(*ticker.C().Recv(), kBegin + absl::Minutes(5) + i * absl::Milliseconds(250));
      }
      ticker.Stop();

      Chan<absl::Time> ran = MakeChan<absl::Time>();
      time::AfterFunc(absl::Hours(2), [ran] { ran.Send(time::Now()); });
      EXPECT_EQ(*ran.Recv(), kBegin + absl::Minutes(5) + absl::Milliseconds(2500) + absl::Hours(2));
    });
  });
}

TEST(SynctestClock, MovesPastTicksThatNobodyWaitsFor) {
  muster::Run([] {
    synctest::Run([] {
      time::Ticker ticker = time::NewTicker(absl::Microseconds(1));
      time::Sleep(absl::Hours(24 * 30));
      EXPECT_EQ(time::Now(), kBegin + absl::Hours(24 * 30));
      ticker.Stop();
    });
  });
}

TEST(SynctestClock, EndsContextsAtTheirDeadline) {
  muster::Run([] {
    synctest::Run([] {
      auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Seconds(5));
      time::Sleep(absl::Seconds(5) - absl::Nanoseconds(1));
      synctest::Wait();
      EXPECT_TRUE(ctx.Err().ok());
      time::Sleep(absl::Nanoseconds(1));
      synctest::Wait();
      EXPECT_EQ(ctx.Err().code(), absl::StatusCode::kDeadlineExceeded);
      cancel();
    });
  });
}

TEST(SynctestClock, StopsWhenTheFunctionHasReturned) {
  muster::Run([] {
    EXPECT_THAT(PanicOfRun([] { Go([] { time::Sleep(absl::Hours(1)); }); }),
                StartsWith("deadlock: main bubble goroutine has exited but blocked goroutines "
                           "remain"));
  });
}

// ---- Run

TEST(SynctestRun, WaitsForAllGoroutines) {
  muster::Run([] {
    for (int round = 0; round < 50; ++round) {
      int ended = 0;
      synctest::Run([&ended] {
        Go([&ended] {
          Go([&ended] { ++ended; });
          runtime::Gosched();
        });
      });
      EXPECT_EQ(ended, 1);
    }
  });
}

TEST(SynctestRun, WorksOnAForeignThread) {
  bool ran = false;
  synctest::Run([&ran] {
    time::Sleep(absl::Hours(1));
    ran = true;
  });
  EXPECT_TRUE(ran);
}

TEST(SynctestRun, RefusesToBeNested) {
  muster::Run([] {
    synctest::Run([] {
      ExpectPanic("synctest.Run called from within a synctest bubble",
                  [] { synctest::Run([] {}); });
    });
  });
}

TEST(SynctestRun, KeepsManyBubblesApart) {
  muster::Run([] {
    WaitGroup all;
    for (int i = 1; i <= 50; ++i) {
      all.Go([i] {
        synctest::Run([i] {
          Chan<int> chan = MakeChan<int>();
          Go([chan, i] {
            time::Sleep(absl::Hours(i));
            chan.Send(i);
          });
          EXPECT_EQ(chan.Recv(), i);
          EXPECT_EQ(time::Now(), kBegin + absl::Hours(i));
        });
      });
    }
    all.Wait();
  });
}

TEST(SynctestRun, DropsPendingTimersAndWhatTheyHold) {
  muster::Run([] {
    auto held = std::make_shared<int>(0);
    synctest::Run([&held] {
      time::AfterFunc(absl::Hours(1), [held] { ++*held; });
      time::NewTimer(absl::Hours(1));
    });
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(*held, 0);
  });
}

// ---- what is durable

TEST(SynctestDurable, IsEveryWaitThatTheBubbleEnds) {
  muster::Run([] {
    synctest::Run([] {
      Chan<int> chan = MakeChan<int>();
      Chan<int> full = MakeChan<int>();
      WaitGroup group;
      Mutex mutex;
      Cond cond(mutex);
      int released = 0;
      group.Add(1);
      Go([&] {
        chan.Recv();
        ++released;
      });
      Go([&] { full.Send(1); });
      Go([&] {
        Select(OnRecv(chan, [](std::optional<int>) {}), OnRecv(full, [](std::optional<int>) {}));
      });
      Go([&] { group.Wait(); });
      Go([&] {
        mutex.Lock();
        cond.Wait();
        mutex.Unlock();
      });
      synctest::Wait();
      const record::Snapshot snapshot = record::Capture();
      const uint32_t bubble = Find(snapshot, runtime::GoroutineId())->bubble;
      int durable = 0;
      for (const record::Goroutine& goroutine : snapshot.goroutines) {
        if (goroutine.bubble == bubble && goroutine.durable) ++durable;
      }
      // The select has received what was being sent on `full`, so it and the sender are gone.
      EXPECT_EQ(durable, 3);
      chan.Send(1);
      group.Done();
      cond.Signal();
      synctest::Wait();
      EXPECT_EQ(released, 1);
    });
  });
}

TEST(SynctestDurable, IsNotAReceiveFromAChannelOfOutside) {
  muster::Run([] {
    Chan<int> outside = MakeChan<int>();
    std::atomic<uint64_t> receiver{0};
    Go([&] {
      while (receiver.load() == 0) runtime::Gosched();
      muster::testing::WaitUntilParked(receiver.load(), record::WaitReason::kChanReceive);
      outside.Send(7);
    });
    synctest::Run([&] {
      receiver = runtime::GoroutineId();
      time::Timer timer = time::NewTimer(absl::Nanoseconds(1));
      // Were it durable, the clock would move, or the bubble be a deadlock.
      EXPECT_EQ(outside.Recv(), 7);
      EXPECT_EQ(time::Now(), kBegin);
      timer.Stop();
    });
  });
}

TEST(SynctestDurable, IsNotASelectWithOneCaseOfOutside) {
  muster::Run([] {
    Chan<int> outside = MakeChan<int>();
    std::atomic<uint64_t> receiver{0};
    Go([&] {
      while (receiver.load() == 0) runtime::Gosched();
      muster::testing::WaitUntilParked(receiver.load(), record::WaitReason::kSelect);
      outside.Send(7);
    });
    synctest::Run([&] {
      Chan<int> inside = MakeChan<int>();
      receiver = runtime::GoroutineId();
      Select(OnRecv(outside, [](std::optional<int> value) { EXPECT_EQ(value, 7); }),
             OnRecv(inside, [](std::optional<int>) { ADD_FAILURE(); }));
    });
  });
}

TEST(SynctestDurable, IsNotALock) {
  muster::Run([] {
    Mutex mutex;
    mutex.Lock();
    std::atomic<uint64_t> locker{0};
    Go([&] {
      while (locker.load() == 0) runtime::Gosched();
      muster::testing::WaitUntilParked(locker.load(), record::WaitReason::kMutexLock);
      mutex.Unlock();
    });
    synctest::Run([&] {
      locker = runtime::GoroutineId();
      mutex.Lock();
      mutex.Unlock();
    });
  });
}

TEST(SynctestDurable, IsNotAWaitForAGroupOfOutside) {
  muster::Run([] {
    WaitGroup outside;
    outside.Add(1);
    std::atomic<uint64_t> waiter{0};
    Go([&] {
      while (waiter.load() == 0) runtime::Gosched();
      muster::testing::WaitUntilParked(waiter.load(), record::WaitReason::kWaitGroupWait);
      outside.Done();
    });
    synctest::Run([&] {
      waiter = runtime::GoroutineId();
      outside.Wait();
    });
  });
}

// ---- Wait

TEST(SynctestWait, ReturnsWhenAllOthersAreBlocked) {
  muster::Run([] {
    for (int round = 0; round < 50; ++round) {
      synctest::Run([] {
        // Plain variables: TSan sees that Wait comes after what was done before the others blocked.
        int done = 0;
        Chan<int> chan = MakeChan<int>();
        Go([&] {
          for (int i = 0; i < 10; ++i) runtime::Gosched();
          done = 1;
          chan.Recv();
          done = 2;
        });
        synctest::Wait();
        EXPECT_EQ(done, 1);
        chan.Send(0);
        synctest::Wait();
        EXPECT_EQ(done, 2);
      });
    }
  });
}

TEST(SynctestWait, DoesNotMoveTheClock) {
  muster::Run([] {
    synctest::Run([] {
      // Atomic: that the clock moves orders nobody, as with any clock.
      std::atomic<bool> woke{false};
      Go([&] {
        time::Sleep(absl::Seconds(1));
        woke = true;
      });
      synctest::Wait();
      EXPECT_EQ(time::Now(), kBegin);
      EXPECT_FALSE(woke);
      time::Sleep(absl::Seconds(1));
      synctest::Wait();
      EXPECT_TRUE(woke);
    });
  });
}

TEST(SynctestWait, IsForOneAtATime) {
  muster::Run([] {
    synctest::Run([] {
      Chan<int> go_on = MakeChan<int>();
      std::atomic<int> refused{0};
      std::atomic<int> waiting{0};
      WaitGroup both;
      for (int i = 0; i < 2; ++i) {
        both.Go([&] {
          ++waiting;
          while (waiting.load() < 2) runtime::Gosched();
          try {
            synctest::Wait();
          } catch (const Panic& panic) {
            EXPECT_THAT(panic.what(), StartsWith("wait already in progress"));
            ++refused;
          }
        });
      }
      // Not blocked until one has been refused, so that the first cannot return before.
      while (refused.load() == 0) runtime::Gosched();
      both.Wait();
      EXPECT_EQ(refused.load(), 1);
    });
  });
}

TEST(SynctestWait, IsRefusedOutside) {
  muster::Run([] { ExpectPanic("goroutine is not in a bubble", [] { synctest::Wait(); }); });
}

// ---- what belongs to a bubble

TEST(SynctestOwnership, KeepsOthersFromItsChannels) {
  muster::Run([] {
    Chan<int> chan;
    synctest::Run([&] { chan = MakeChan<int>(1); });
    ExpectPanic("send on synctest channel from outside bubble", [&] { chan.Send(1); });
    ExpectPanic("send on synctest channel from outside bubble", [&] { chan.TrySend(1); });
    ExpectPanic("receive on synctest channel from outside bubble", [&] { chan.Recv(); });
    ExpectPanic("receive on synctest channel from outside bubble", [&] {
      std::optional<int> value;
      chan.TryRecv(&value);
    });
    ExpectPanic("close of synctest channel from outside bubble", [&] { chan.Close(); });
    Chan<int> other = MakeChan<int>();
    ExpectPanic("select on synctest channel from outside bubble", [&] {
      Select(OnRecv(chan, [](std::optional<int>) {}), OnRecv(other, [](std::optional<int>) {}),
             OnDefault([] {}));
    });
    synctest::Run([&] {
      ExpectPanic("send on synctest channel from outside bubble", [&] { chan.Send(1); });
    });
  });
}

TEST(SynctestOwnership, KeepsOthersFromItsTimers) {
  muster::Run([] {
    time::Timer timer;
    time::Ticker ticker;
    synctest::Run([&] {
      timer = time::NewTimer(absl::Hours(1));
      ticker = time::NewTicker(absl::Hours(1));
    });
    ExpectPanic("stop of synctest timer from outside bubble", [&] { timer.Stop(); });
    ExpectPanic("reset of synctest timer from outside bubble",
                [&] { timer.Reset(absl::Hours(1)); });
    ExpectPanic("stop of synctest ticker from outside bubble", [&] { ticker.Stop(); });
    ExpectPanic("reset of synctest ticker from outside bubble",
                [&] { ticker.Reset(absl::Hours(1)); });
  });
}

TEST(SynctestOwnership, LeavesATimerOfOutsideOnItsOwnClock) {
  muster::Run([] {
    time::Timer outside = time::NewTimer(absl::Hours(1));
    synctest::Run([&] {
      EXPECT_TRUE(outside.Reset(absl::Microseconds(1)));
      outside.C().Recv();
      EXPECT_EQ(time::Now(), kBegin);
    });
  });
}

TEST(SynctestOwnership, KeepsGroupsOnOneSide) {
  muster::Run([] {
    WaitGroup group;
    group.Add(1);
    synctest::Run([&] {
      ExpectPanic("sync: WaitGroup.Add called from inside and outside synctest bubble",
                  [&] { group.Add(1); });
    });
    group.Done();
    // At zero it is anybody's again.
    synctest::Run([&] {
      group.Go([] {});
      group.Wait();
    });
    group.Go([] {});
    group.Wait();
  });
}

TEST(SynctestOwnership, LetsContextsBeCancelledByWhoMadeThem) {
  muster::Run([] {
    auto [outer, cancel] = context::WithCancel(context::Background());
    synctest::Run([&ctx = outer] {
      auto [inner, inner_cancel] = context::WithTimeout(ctx, absl::Hours(1));
      inner.Done().Recv();
      EXPECT_EQ(time::Now(), kBegin + absl::Hours(1));
      inner_cancel();
    });
    cancel();
  });
}

// ---- deadlocks

TEST(SynctestDeadlock, NamesEveryGoroutineWithWhatItWaitsOn) {
  muster::Run([] {
    std::atomic<uint64_t> main_id{0};
    std::atomic<uint64_t> other_id{0};
    std::atomic<uint64_t> third_id{0};
    const std::string report = PanicOfRun([&] {
      Chan<int> chan = MakeChan<int>();
      main_id = runtime::GoroutineId();
      Go([&, chan] {
        other_id = runtime::GoroutineId();
        SendForEver(chan);
      });
      synctest::Wait();
      Go([&] {
        third_id = runtime::GoroutineId();
        Select();
      });
      Chan<int>().Recv();
    });
    EXPECT_THAT(report, StartsWith("deadlock: all goroutines in bubble are blocked\n\n"));
    const std::string bubble = ", synctest bubble ";
    EXPECT_THAT(report, HasSubstr("goroutine " + std::to_string(main_id) +
                                  " [chan receive (nil chan) (durable)" + bubble));
    EXPECT_THAT(report, HasSubstr("goroutine " + std::to_string(other_id) +
                                  " [chan send (durable)" + bubble));
    EXPECT_THAT(report, HasSubstr("goroutine " + std::to_string(third_id) +
                                  " [select (no cases) (durable)" + bubble));
    EXPECT_THAT(report,
                HasSubstr("goroutine " + std::to_string(other_id) + " waits to send on chan"));
    EXPECT_THAT(report, HasSubstr("SendForEver"));
    EXPECT_THAT(report, HasSubstr("created by "));
    EXPECT_THAT(report, Not(HasSubstr("[synctest.Run")));
  });
}

TEST(SynctestDeadlock, IsNotFoundWhereATimerWillWake) {
  muster::Run([] {
    EXPECT_EQ(PanicOfRun([] {
                Chan<int> chan = MakeChan<int>();
                time::AfterFunc(absl::Hours(1000), [chan] { chan.Close(); });
                chan.Recv();
              }),
              "");
  });
}

TEST(SynctestDeadlock, IsFoundInSpiteOfATickerThatNobodyHears) {
  muster::Run([] {
    EXPECT_THAT(PanicOfRun([] {
                  time::Ticker ticker = time::NewTicker(absl::Seconds(1));
                  MakeChan<int>().Recv();
                }),
                StartsWith("deadlock: all goroutines in bubble are blocked"));
  });
}

TEST(SynctestDeadlock, LeavesTheNextBubbleAlone) {
  muster::Run([] {
    EXPECT_NE(PanicOfRun([] { Select(); }), "");
    EXPECT_EQ(PanicOfRun([] { time::Sleep(absl::Hours(1)); }), "");
  });
}

// ---- the record

TEST(SynctestRecord, TellsTheBubbleOfEachGoroutine) {
  muster::Run([] {
    Chan<int> never = MakeChan<int>();
    std::atomic<uint64_t> outside_id{0};
    Go([&] {
      outside_id = runtime::GoroutineId();
      never.Recv();
    });
    while (outside_id.load() == 0) runtime::Gosched();
    const uint64_t root_id = runtime::GoroutineId();
    synctest::Run([&] {
      std::atomic<uint64_t> inside_id{0};
      Go([&] {
        inside_id = runtime::GoroutineId();
        time::Sleep(absl::Hours(1));
      });
      synctest::Wait();
      muster::testing::WaitUntilParked(root_id, record::WaitReason::kSynctestRun);
      const record::Snapshot snapshot = record::Capture();
      const record::Goroutine* self = Find(snapshot, runtime::GoroutineId());
      const record::Goroutine* inside = Find(snapshot, inside_id);
      const record::Goroutine* root = Find(snapshot, root_id);
      const record::Goroutine* outside = Find(snapshot, outside_id);
      ASSERT_TRUE(self && inside && root && outside);
      EXPECT_NE(self->bubble, 0u);
      EXPECT_FALSE(self->durable);
      EXPECT_EQ(inside->bubble, self->bubble);
      EXPECT_TRUE(inside->durable);
      EXPECT_EQ(root->bubble, self->bubble);
      EXPECT_EQ(root->reason, record::WaitReason::kSynctestRun);
      EXPECT_EQ(outside->bubble, 0u);
      EXPECT_FALSE(outside->durable);
      time::Sleep(absl::Hours(2));
    });
    never.Close();
  });
}

}  // namespace
}  // namespace muster
