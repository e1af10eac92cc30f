#include <gtest/gtest.h>

#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "runtime/sched/park.h"
#include "runtime/time/timer.h"
#include "tests/runtime/sync/expect_panic.h"

namespace muster {
namespace {

using testing::ExpectPanic;

constexpr absl::Duration kSoon = absl::Microseconds(200);
constexpr absl::Duration kNotNow = absl::Hours(1);

// Until the timer's value is in its channel, without receiving it.
void WaitUntilSent(const RecvChan<absl::Time>& chan) {
  while (chan.Len() == 0) runtime::Gosched();
}

TEST(Timer, SendsTheTimeOnce) {
  muster::Run([] {
    const absl::Time begin = absl::Now();
    time::Timer timer = time::NewTimer(kSoon);
    const std::optional<absl::Time> fired = timer.C().Recv();
    ASSERT_TRUE(fired.has_value());
    // The two clocks are read apart, so a microsecond is allowed for.
    EXPECT_GE(*fired, begin + kSoon - absl::Microseconds(1));
    EXPECT_FALSE(timer.Stop());
    EXPECT_EQ(timer.C().Len(), 0u);
  });
}

TEST(Timer, IsDueAtOnceForNothingOrLess) {
  muster::Run([] {
    EXPECT_TRUE(time::After(absl::ZeroDuration()).Recv());
    EXPECT_TRUE(time::After(-absl::InfiniteDuration()).Recv());
  });
}

TEST(TimerStop, PreventsFiringAndSaysSo) {
  muster::Run([] {
    time::Timer timer = time::NewTimer(kNotNow);
    EXPECT_TRUE(timer.Stop());
    EXPECT_FALSE(timer.Stop());
  });
}

// Go 1.23, Timer.Stop: a receive after Stop has returned blocks; there is no stale value.
TEST(TimerStop, TakesBackWhatNobodyReceived) {
  muster::Run([] {
    time::Timer timer = time::NewTimer(kSoon);
    WaitUntilSent(timer.C());
    EXPECT_TRUE(timer.Stop());
    EXPECT_EQ(timer.C().Len(), 0u);
    EXPECT_FALSE(timer.Stop());
  });
}

TEST(TimerReset, MovesAPendingTimer) {
  muster::Run([] {
    time::Timer timer = time::NewTimer(kNotNow);
    EXPECT_TRUE(timer.Reset(kSoon));
    EXPECT_TRUE(timer.C().Recv());
    EXPECT_FALSE(timer.Reset(kSoon));
    EXPECT_TRUE(timer.C().Recv());
  });
}

// Go 1.23, Timer.Reset: no receive after Reset has returned gets a time of the earlier setting.
TEST(TimerReset, LetsNoStaleValueThrough) {
  muster::Run([] {
    time::Timer timer = time::NewTimer(kSoon);
    for (int i = 0; i < 20; ++i) {
      WaitUntilSent(timer.C());
      const absl::Time reset = absl::Now();
      EXPECT_TRUE(timer.Reset(kSoon));
      const std::optional<absl::Time> fired = timer.C().Recv();
      ASSERT_TRUE(fired.has_value());
      EXPECT_GE(*fired, reset + kSoon - absl::Microseconds(1));
      timer.Reset(kSoon);
    }
  });
}

// Whatever the moment of Stop: exactly one of "prevented" and "received" is true.
TEST(TimerStop, RacesWithFiringWithoutLosingOrDoubling) {
  muster::Run([] {
    for (int i = 0; i < 500; ++i) {
      time::Timer timer = time::NewTimer(absl::Microseconds(i % 40));
      if (i % 2 == 0) time::Sleep(absl::Microseconds(i % 37));
      const bool received_before = timer.C().Len() != 0 && i % 3 == 0 && timer.C().Recv();
      const bool prevented = timer.Stop();
      EXPECT_NE(prevented, received_before);
      std::optional<absl::Time> value;
      EXPECT_EQ(timer.C().TryRecv(&value), TryResult::kWouldBlock);
    }
  });
}

TEST(Timer, HandlesShareOneTimer) {
  muster::Run([] {
    time::Timer one = time::NewTimer(kNotNow);
    time::Timer two = one;
    EXPECT_TRUE(two.Stop());
    EXPECT_FALSE(one.Stop());
    EXPECT_EQ(one.C(), two.C());
  });
}

TEST(Timer, FiresWhenAllHandlesAreGone) {
  muster::Run([] {
    RecvChan<absl::Time> chan = time::NewTimer(kSoon).C();
    EXPECT_TRUE(chan.Recv());
  });
}

TEST(Timer, UninitializedOnesPanic) {
  time::Timer timer;
  EXPECT_FALSE(timer.C());
  ExpectPanic("time: Stop called on uninitialized Timer", [&] { timer.Stop(); });
  ExpectPanic("time: Reset called on uninitialized Timer", [&] { timer.Reset(kSoon); });
}

TEST(Timer, TenThousandFireOnceEach) {
  muster::Run([] {
    std::vector<time::Timer> timers;
    for (int i = 0; i < 10'000; ++i) {
      timers.push_back(time::NewTimer(absl::Microseconds(i * 7919 % 5000)));
    }
    for (time::Timer& timer : timers) EXPECT_TRUE(timer.C().Recv());
    for (time::Timer& timer : timers) EXPECT_FALSE(timer.Stop());
  });
}

// Each costs its state, its channel and an entry in a heap, and takes as long as any other to stop.
TEST(Timer, AMillionAreOutstanding) {
  static constexpr int kTimers = 1'000'000;
  muster::Run([] {
    const struct mallinfo2 before = mallinfo2();
    std::vector<time::Timer> timers;
    timers.reserve(kTimers);
    for (int i = 0; i < kTimers; ++i) {
      timers.push_back(time::NewTimer(kNotNow + absl::Nanoseconds(i)));
    }
    const struct mallinfo2 after = mallinfo2();
    const double bytes =
        static_cast<double>(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) /
        kTimers;
    RecordProperty("bytes_per_timer", static_cast<int>(bytes));
    std::printf("%.0f bytes per outstanding timer, its handle included\n", bytes);
    EXPECT_LT(bytes, 800);
    int prevented = 0;
    for (time::Timer& timer : timers) prevented += timer.Stop() ? 1 : 0;
    EXPECT_EQ(prevented, kTimers);
  });
}

TEST(After, TimesASelectOut) {
  muster::Run([] {
    auto never = MakeChan<int>();
    EXPECT_EQ(Select(OnRecv(never), OnRecv(time::After(kSoon))), 1);
  });
}

// A loop that selects with a long time-out leaves a timer behind each time; nobody can see those
// fire, so they go.
TEST(After, AbandonedTimersDoNotPileUp) {
  // A foreign thread's timers are all in one heap.
  sched::TimerHeap* heap = sched::CurrentTimerHeap();
  const size_t before = heap->Size();
  for (int i = 0; i < 20'000; ++i) time::After(kNotNow);
  EXPECT_LT(heap->Size(), before + 4000);
}

TEST(AfterFunc, RunsInAGoroutineOfItsOwn) {
  muster::Run([] {
    auto ids = MakeChan<uint64_t>();
    time::Timer timer = time::AfterFunc(kSoon, [ids] { ids.Send(runtime::GoroutineId()); });
    EXPECT_FALSE(timer.C());
    const std::optional<uint64_t> id = ids.Recv();
    EXPECT_NE(id, 0u);
    EXPECT_NE(id, runtime::GoroutineId());
    EXPECT_FALSE(timer.Stop());
  });
}

TEST(AfterFunc, IsPreventedByStop) {
  muster::Run([] {
    std::atomic<bool> ran{false};
    time::Timer timer = time::AfterFunc(kNotNow, [&] { ran = true; });
    EXPECT_TRUE(timer.Stop());
    EXPECT_FALSE(ran);
  });
}

TEST(AfterFunc, RunsAgainAfterReset) {
  muster::Run([] {
    auto runs = MakeChan<int>();
    time::Timer timer = time::AfterFunc(kSoon, [runs, count = 0]() mutable { runs.Send(++count); });
    EXPECT_EQ(runs.Recv(), 1);
    EXPECT_FALSE(timer.Reset(kSoon));
    EXPECT_EQ(runs.Recv(), 2);
    EXPECT_FALSE(timer.Reset(kNotNow));
    EXPECT_TRUE(timer.Reset(absl::ZeroDuration()));
    EXPECT_EQ(runs.Recv(), 3);
  });
}

TEST(AfterFunc, EitherRunsOrIsStopped) {
  muster::Run([] {
    std::atomic<int> ran{0};
    int stopped = 0;
    constexpr int kCount = 1000;
    for (int i = 0; i < kCount; ++i) {
      time::Timer timer = time::AfterFunc(absl::Microseconds(i % 30), [&] { ++ran; });
      if (i % 3 == 0) time::Sleep(absl::Microseconds(i % 29));
      if (timer.Stop()) ++stopped;
    }
    while (ran + stopped < kCount) runtime::Gosched();
    EXPECT_EQ(ran + stopped, kCount);
  });
}

TEST(AfterFunc, TakesMoveOnlyFunctionsAndDestroysThemInTheEnd) {
  muster::Run([] {
    auto shared = std::make_shared<int>(7);
    const std::weak_ptr<int> alive = shared;
    auto values = MakeChan<int>();
    time::AfterFunc(
        kSoon, [values, owned = std::make_unique<int>(*shared), shared] { values.Send(*owned); });
    shared.reset();
    EXPECT_EQ(values.Recv(), 7);
    while (!alive.expired()) runtime::Gosched();
  });
}

TEST(AfterFunc, StoppedFunctionsAreDestroyedWithTheLastHandle) {
  muster::Run([] {
    auto shared = std::make_shared<int>(7);
    const std::weak_ptr<int> alive = shared;
    {
      time::Timer timer = time::AfterFunc(kNotNow, [shared = std::move(shared)] {});
      EXPECT_TRUE(timer.Stop());
      EXPECT_FALSE(alive.expired());
    }
    EXPECT_TRUE(alive.expired());
  });
}

}  // namespace
}  // namespace muster
