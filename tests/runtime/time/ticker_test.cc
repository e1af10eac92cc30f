#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "runtime/sched/park.h"
#include "runtime/time/timer.h"
#include "tests/runtime/sync/expect_panic.h"

namespace muster {
namespace {

using testing::ExpectPanic;

TEST(Ticker, TicksAtIntervals) {
  muster::Run([] {
    const absl::Duration interval = absl::Microseconds(300);
    const absl::Time begin = absl::Now();
    time::Ticker ticker = time::NewTicker(interval);
    for (int i = 1; i <= 5; ++i) {
      const std::optional<absl::Time> tick = ticker.C().Recv();
      ASSERT_TRUE(tick.has_value());
      EXPECT_GE(*tick, begin + i * interval - absl::Microseconds(1));
    }
    ticker.Stop();
  });
}

TEST(Ticker, StopEndsItAndTakesTheLastTickBack) {
  muster::Run([] {
    time::Ticker ticker = time::NewTicker(absl::Microseconds(50));
    while (ticker.C().Len() == 0) runtime::Gosched();
    ticker.Stop();
    std::optional<absl::Time> tick;
    EXPECT_EQ(ticker.C().TryRecv(&tick), TryResult::kWouldBlock);
    time::Sleep(absl::Microseconds(300));
    EXPECT_EQ(ticker.C().TryRecv(&tick), TryResult::kWouldBlock);
    ticker.Stop();
  });
}

TEST(Ticker, DropsTicksThatNobodyReceivesInTime) {
  muster::Run([] {
    time::Ticker ticker = time::NewTicker(absl::Microseconds(20));
    time::Sleep(absl::Milliseconds(2));
    EXPECT_EQ(ticker.C().Len(), 1u);
    ticker.Stop();
  });
}

TEST(Ticker, ResetBeginsANewInterval) {
  muster::Run([] {
    time::Ticker ticker = time::NewTicker(absl::Hours(1));
    ticker.Reset(absl::Microseconds(100));
    EXPECT_TRUE(ticker.C().Recv());
    EXPECT_TRUE(ticker.C().Recv());
    ticker.Stop();
    ticker.Reset(absl::Microseconds(100));
    EXPECT_TRUE(ticker.C().Recv());
    ticker.Stop();
  });
}

TEST(Ticker, NonPositiveIntervalsPanic) {
  ExpectPanic("non-positive interval for NewTicker", [] { time::NewTicker(absl::ZeroDuration()); });
  ExpectPanic("non-positive interval for NewTicker", [] { time::NewTicker(-absl::Seconds(1)); });
  time::Ticker ticker = time::NewTicker(absl::Hours(1));
  ExpectPanic("non-positive interval for Ticker.Reset",
              [&] { ticker.Reset(absl::ZeroDuration()); });
  ticker.Stop();
}

TEST(Ticker, UninitializedOnes) {
  time::Ticker ticker;
  ticker.Stop();
  ExpectPanic("time: Reset called on uninitialized Ticker",
              [&] { ticker.Reset(absl::Seconds(1)); });
}

TEST(Tick, TicksAsLongAsItsChannelIsHeld) {
  muster::Run([] {
    RecvChan<absl::Time> ticks = time::Tick(absl::Microseconds(100));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ticks.Recv());
    EXPECT_FALSE(time::Tick(absl::ZeroDuration()));
  });
}

TEST(Ticker, IsFreedOnceNobodyHoldsItOrItsChannel) {
  // A foreign thread's timers are all in one heap.
  sched::TimerHeap* heap = sched::CurrentTimerHeap();
  const size_t before = heap->Size();
  { time::NewTicker(absl::Microseconds(100)); }
  while (heap->Size() > before) runtime::Gosched();
}

// ---- what keeps a deadlock from being seen, and what does not

[[noreturn]] void DeadlockBeside(void (*arm)()) {
  muster::Run([arm] {
    arm();
    MakeChan<int>().Recv();
  });
  std::exit(0);
}

class TimerDeadlockDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

constexpr char kAsleep[] = "all goroutines are asleep - deadlock!";

TEST_F(TimerDeadlockDeathTest, TickerThatNobodyListensToDoesNotHideIt) {
  EXPECT_EXIT(
      DeadlockBeside([] { static time::Ticker ticker = time::NewTicker(absl::Nanoseconds(1)); }),
      ::testing::ExitedWithCode(2), kAsleep);
}

TEST_F(TimerDeadlockDeathTest, LongTimerThatNobodyListensToDoesNotHideIt) {
  EXPECT_EXIT(DeadlockBeside([] { static time::Timer timer = time::NewTimer(absl::Hours(1)); }),
              ::testing::ExitedWithCode(2), kAsleep);
}

TEST_F(TimerDeadlockDeathTest, SleeperIsNoDeadlock) {
  EXPECT_EXIT(
      {
        muster::Run([] {
          auto done = MakeChan<int>();
          Go([done] {
            time::Sleep(absl::Milliseconds(60));
            done.Send(1);
          });
          done.Recv();
        });
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(TimerDeadlockDeathTest, TickerThatSomebodyListensToIsNoDeadlock) {
  EXPECT_EXIT(
      {
        muster::Run([] {
          time::Ticker ticker = time::NewTicker(absl::Milliseconds(60));
          ticker.C().Recv();
        });
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(TimerDeadlockDeathTest, PendingAfterFuncIsNoDeadlock) {
  EXPECT_EXIT(
      {
        muster::Run([] {
          auto done = MakeChan<int>();
          time::AfterFunc(absl::Milliseconds(60), [done] { done.Send(1); });
          done.Recv();
        });
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace muster
