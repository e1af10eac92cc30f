// Deadlocks of locks and other things together, which the search for leaks finds beside what it
// proves: someone has a lock and waits, and whoever could end that wait waits for the lock.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "muster/leaks.h"
#include "muster/muster.h"
#include "tests/runtime/reach/parked.h"

namespace muster {
namespace {

using runtime::FindLeaks;
using runtime::LeakReport;
using testing::ForgetOldFrames;
using testing::Parked;

struct Knot {
  uint64_t holder = 0;
  uint64_t other = 0;
};

// The caller keeps the lock, so that it could be unlocked: nothing is proven.
template <typename Wait, typename Act>
__attribute__((noinline)) Knot Tie(const std::shared_ptr<Mutex>& mutex, Wait wait, Act act) {
  Knot knot;
  knot.holder = Parked([=](auto tell) {
    Go([=] {
      mutex->Lock();
      tell();
      wait();
    });
  });
  knot.other = Parked([=](auto tell) {
    Go([=] {
      tell();
      mutex->Lock();
      mutex->Unlock();
      act();
    });
  });
  return knot;
}

template <typename F>
__attribute__((noinline)) auto InAFrameOfItsOwn(const F& call) {
  return call();
}

// Calls `tie` so that nothing of what it makes stays behind where the frames of later calls will
// be.
template <typename F>
__attribute__((noinline)) auto Apart(const F& tie) {
  const auto result = InAFrameOfItsOwn(tie);
  ForgetOldFrames();
  return result;
}

// Who could wake it, as far as the report knows.
std::vector<uint64_t> CouldWake(const LeakReport& report, uint64_t waiter) {
  for (const runtime::CouldWake& could : report.could_wake) {
    if (could.waiter == waiter) return could.others;
  }
  return {};
}

bool Has(const std::vector<uint64_t>& ids, uint64_t id) {
  return std::count(ids.begin(), ids.end(), id) == 1;
}

LeakReport Look() {
  ForgetOldFrames();
  LeakReport report = FindLeaks();
  EXPECT_EQ(report.failure, "");
  return report;
}

bool AllDeadlocked(const LeakReport& report, const std::vector<uint64_t>& ids) {
  return std::all_of(ids.begin(), ids.end(),
                     [&](uint64_t id) { return Has(report.deadlocked, id); });
}

// An old pointer in a register of a thread that is on its way to sleep can hide it for a moment.
LeakReport LookUntilDeadlocked(const std::vector<uint64_t>& ids, int looks) {
  LeakReport report = Look();
  while (--looks > 0 && !AllDeadlocked(report, ids)) {
    runtime::Gosched();
    report = Look();
  }
  return report;
}

bool Lives(uint64_t id) {
  const record::Snapshot snapshot = record::Capture({.stacks = false});
  return std::any_of(snapshot.goroutines.begin(), snapshot.goroutines.end(),
                     [id](const record::Goroutine& g) { return g.id == id; });
}

// The knot is found, nothing of it is called proven, and what it was said to need unties it. One
// that an old word on a stack in use hides is tied anew.
template <typename F>
void ExpectDeadlock(const F& tie, Mutex& mutex) {
  bool found = false;
  for (int attempts = 0; attempts < 20 && !found; ++attempts) {
    const Knot knot = Apart(tie);
    const LeakReport report = LookUntilDeadlocked({knot.holder, knot.other}, 20);
    found = AllDeadlocked(report, {knot.holder, knot.other});
    EXPECT_FALSE(Has(report.goroutines, knot.holder));
    EXPECT_FALSE(Has(report.goroutines, knot.other));
    if (found) {
      EXPECT_EQ(CouldWake(report, knot.holder), std::vector<uint64_t>{knot.other});
      EXPECT_EQ(CouldWake(report, knot.other), std::vector<uint64_t>{}) << "it waits for a lock";
    }
    mutex.Unlock();
    while (Lives(knot.holder) || Lives(knot.other)) runtime::Gosched();
  }
  EXPECT_TRUE(found);
}

TEST(Deadlocked, FindsASenderWhoHoldsTheLockOfTheReceiver) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const auto tie = [&] {
      const Chan<int> chan = MakeChan<int>();
      return Tie(
          mutex, [chan] { chan.Send(1); }, [chan] { chan.Recv(); });
    };
    ExpectDeadlock(tie, *mutex);
  });
}

TEST(Deadlocked, FindsAReceiverWhoHoldsTheLockOfTheOneWhoCloses) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const auto tie = [&] {
      const Chan<int> chan = MakeChan<int>();
      return Tie(
          mutex, [chan] { chan.Recv(); }, [chan] { chan.Close(); });
    };
    ExpectDeadlock(tie, *mutex);
  });
}

TEST(Deadlocked, FindsASelectWhoseCasesAreAllHeldUp) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const auto tie = [&] {
      const Chan<int> in = MakeChan<int>();
      const Chan<int> out = MakeChan<int>();
      return Tie(
          mutex, [in, out] { Select(OnRecv(in), OnSend(out, 1)); },
          [in, out] {
            in.Close();
            out.Len();
          });
    };
    ExpectDeadlock(tie, *mutex);
  });
}

TEST(Deadlocked, FindsAWaitForADoneThatWaitsForTheLock) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const auto tie = [&] {
      auto group = std::make_shared<WaitGroup>();
      group->Add(1);
      return Tie(
          mutex, [group] { group->Wait(); }, [group] { group->Done(); });
    };
    ExpectDeadlock(tie, *mutex);
  });
}

TEST(Deadlocked, FindsAWaitForASignalThatWaitsForTheLock) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    struct Bell {
      Mutex own;
      Cond cond{own};
    };
    const auto tie = [&] {
      auto bell = std::make_shared<Bell>();
      return Tie(
          mutex,
          [bell] {
            bell->own.Lock();
            bell->cond.Wait();
            bell->own.Unlock();
          },
          [bell] {
            bell->own.Lock();
            bell->cond.Signal();
            bell->own.Unlock();
          });
    };
    ExpectDeadlock(tie, *mutex);
  });
}

// Two could receive, and both wait for the lock: the one or the other would have to.
TEST(Deadlocked, NamesAllWhoCouldWake) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    uint64_t third = 0;
    const auto tie = [&] {
      const Chan<int> chan = MakeChan<int>();
      const auto receive = [chan] {
        std::optional<int> value;
        chan.TryRecv(&value);
      };
      const Knot knot = Tie(
          mutex, [chan] { chan.Send(1); }, receive);
      third = Parked([=](auto tell) {
        Go([=] {
          tell();
          mutex->Lock();
          mutex->Unlock();
          receive();
        });
      });
      return knot;
    };
    const Knot knot = Apart(tie);
    const LeakReport report = LookUntilDeadlocked({knot.holder, knot.other, third}, 300);
    std::vector<uint64_t> expected = {knot.other, third};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(CouldWake(report, knot.holder), expected);
    mutex->Unlock();
    while (Lives(knot.holder) || Lives(knot.other) || Lives(third)) runtime::Gosched();
  });
}

TEST(Deadlocked, FindsAReaderWhoWaitsForOneBehindTheWriter) {
  muster::Run([] {
    auto mutex = std::make_shared<RWMutex>();
    uint64_t writer = 0;
    const auto tie = [&] {
      Knot knot;
      const Chan<int> chan = MakeChan<int>();
      knot.holder = Parked([=](auto tell) {
        Go([=] {
          mutex->RLock();
          tell();
          chan.Recv();
        });
      });
      writer = Parked([=](auto tell) {
        Go([=] {
          tell();
          mutex->Lock();
          mutex->Unlock();
        });
      });
      knot.other = Parked([=](auto tell) {
        Go([=] {
          tell();
          mutex->RLock();
          mutex->RUnlock();
          chan.Close();
        });
      });
      return knot;
    };
    const Knot knot = Apart(tie);
    const LeakReport report = LookUntilDeadlocked({knot.holder, writer, knot.other}, 300);
    EXPECT_EQ(CouldWake(report, knot.holder), std::vector<uint64_t>{knot.other});
    mutex->RUnlock();
    while (Lives(knot.holder) || Lives(writer) || Lives(knot.other)) runtime::Gosched();
  });
}

// Nobody but the function's own return completes a Once, so that these stay behind.
TEST(Deadlocked, FindsTheFunctionOfAOnceThatWaitsForOneWhoCallsDo) {
  muster::Run([] {
    bool found = false;
    for (int attempts = 0; attempts < 20 && !found; ++attempts) {
      auto once = std::make_shared<Once>();
      const auto tie = [&] {
        const Chan<int> chan = MakeChan<int>();
        Knot knot;
        knot.holder = Parked([=](auto tell) {
          Go([=] {
            once->Do([=] {
              tell();
              chan.Recv();
            });
          });
        });
        knot.other = Parked([=](auto tell) {
          Go([=] {
            tell();
            once->Do([] {});
            chan.Send(1);
          });
        });
        return knot;
      };
      const Knot knot = Apart(tie);
      const std::vector<uint64_t> ids = {knot.holder, knot.other};
      found = AllDeadlocked(LookUntilDeadlocked(ids, 20), ids);
    }
    EXPECT_TRUE(found);
  });
}

// ---- what must not be taken for one

// One more goroutine has the channel, and can still be woken.
TEST(Deadlocked, SparesAWaitThatSomeoneElseCanEnd) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const Chan<int> go_on = MakeChan<int>();
    const auto tie = [&] {
      const Chan<int> chan = MakeChan<int>();
      const Knot knot = Tie(
          mutex, [chan] { chan.Send(1); },
          [chan] {
            std::optional<int> value;
            chan.TryRecv(&value);
          });
      Parked([=](auto tell) {
        Go([=] {
          tell();
          go_on.Recv();
          chan.Recv();
        });
      });
      return knot;
    };
    const Knot knot = Apart(tie);
    for (int looks = 0; looks < 20; ++looks) EXPECT_FALSE(Has(Look().deadlocked, knot.holder));
    go_on.Close();
    while (Lives(knot.holder)) runtime::Gosched();
    mutex->Unlock();
    while (Lives(knot.other)) runtime::Gosched();
  });
}

// The lock goes from hand to hand: the one that took it has ended, and somebody else is to unlock.
TEST(Deadlocked, SparesALockThatWasHandedOver) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const Chan<int> taken = MakeChan<int>();
    Go([=] {
      mutex->Lock();
      taken.Close();
    });
    taken.Recv();
    const uint64_t waiter = Parked([=](auto tell) {
      Go([=] {
        tell();
        mutex->Lock();
        mutex->Unlock();
      });
    });
    for (int looks = 0; looks < 20; ++looks) EXPECT_FALSE(Has(Look().deadlocked, waiter));
    mutex->Unlock();
    while (Lives(waiter)) runtime::Gosched();
  });
}

TEST(Deadlocked, SparesALockThatAForeignThreadHolds) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const Chan<int> taken = MakeChan<int>();
    const Chan<int> go_on = MakeChan<int>();
    std::thread holder([=] {
      mutex->Lock();
      taken.Close();
      go_on.Recv();
      mutex->Unlock();
    });
    taken.Recv();
    const uint64_t waiter = Parked([=](auto tell) {
      Go([=] {
        tell();
        mutex->Lock();
        mutex->Unlock();
      });
    });
    for (int looks = 0; looks < 20; ++looks) EXPECT_FALSE(Has(Look().deadlocked, waiter));
    go_on.Close();
    holder.join();
    while (Lives(waiter)) runtime::Gosched();
  });
}

TEST(Deadlocked, SparesWhoWaitsForALockOfOneWhoSleeps) {
  muster::Run([] {
    auto mutex = std::make_shared<Mutex>();
    const uint64_t holder = Parked([=](auto tell) {
      Go([=] {
        std::scoped_lock lock(*mutex);
        tell();
        time::Sleep(absl::Milliseconds(300));
      });
    });
    const uint64_t waiter = Parked([=](auto tell) {
      Go([=] {
        tell();
        std::scoped_lock lock(*mutex);
      });
    });
    EXPECT_FALSE(Has(Look().deadlocked, waiter));
    while (Lives(holder) || Lives(waiter)) runtime::Gosched();
  });
}

// ---- loops

constexpr absl::Duration kLong = absl::Hours(1);

// The stop channel is the loop's alone.
TEST(Unstoppable, FindsALoopWhoseStopChannelNobodyElseHas) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      const Chan<int> stop = MakeChan<int>();
      Go([=] {
        time::Ticker ticker = time::NewTicker(kLong);
        tell();
        while (Select(OnRecv(ticker.C()), OnRecv(stop)) == 0) {
        }
      });
    });
    bool found = false;
    for (int looks = 0; looks < 60 && !found; ++looks) {
      const LeakReport report = Look();
      EXPECT_FALSE(Has(report.goroutines, id)) << "its timer can still wake it";
      found = Has(report.unstoppable, id);
      runtime::Gosched();
    }
    EXPECT_TRUE(found);
  });
}

TEST(Unstoppable, SparesALoopThatSomebodyCanStop) {
  muster::Run([] {
    const Chan<int> stop = MakeChan<int>();
    const uint64_t id = Parked([stop](auto tell) {
      Go([=] {
        time::Ticker ticker = time::NewTicker(kLong);
        tell();
        while (Select(OnRecv(ticker.C()), OnRecv(stop)) == 0) {
        }
      });
    });
    for (int looks = 0; looks < 20; ++looks) EXPECT_FALSE(Has(Look().unstoppable, id));
    stop.Close();
    while (Lives(id)) runtime::Gosched();
  });
}

// A loop that only another loop can stop, which can be stopped.
TEST(Unstoppable, SparesALoopThatAnotherLoopCanStop) {
  muster::Run([] {
    const Chan<int> stop = MakeChan<int>();
    const auto start = [&] {
      const Chan<int> inner = MakeChan<int>();
      const auto loop = [](auto tell, const Chan<int>& by, const Chan<int>& then) {
        time::Ticker ticker = time::NewTicker(kLong);
        tell();
        while (Select(OnRecv(ticker.C()), OnRecv(by)) == 0) {
        }
        if (then != Chan<int>()) then.Close();
      };
      const uint64_t first = Parked([=](auto tell) { Go([=] { loop(tell, stop, inner); }); });
      const uint64_t second =
          Parked([=](auto tell) { Go([=] { loop(tell, inner, Chan<int>()); }); });
      return std::make_pair(first, second);
    };
    const auto [first, second] = Apart(start);
    for (int looks = 0; looks < 20; ++looks) {
      const LeakReport report = Look();
      EXPECT_FALSE(Has(report.unstoppable, first) || Has(report.unstoppable, second));
    }
    stop.Close();
    while (Lives(first) || Lives(second)) runtime::Gosched();
  });
}

TEST(Unstoppable, SparesALoopUntilADeadline) {
  muster::Run([] {
    const uint64_t id = Parked([](auto tell) {
      Go([=] {
        const auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Seconds(1));
        time::Ticker ticker = time::NewTicker(kLong);
        tell();
        while (Select(OnRecv(ticker.C()), OnRecv(ctx.Done())) == 0) {
        }
      });
    });
    for (int looks = 0; looks < 20; ++looks) EXPECT_FALSE(Has(Look().unstoppable, id));
    while (Lives(id)) runtime::Gosched();
  });
}

}  // namespace
}  // namespace muster
