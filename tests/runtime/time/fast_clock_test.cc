#include "runtime/time/fast_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "runtime/sched/ticks.h"

namespace muster::time::internal {
namespace {

// Reads until several anchors have been made and used.
template <typename Check>
void ForSomeMilliseconds(Check check) {
  const int64_t end = sched::NowNanos() + 8'000'000;
  while (sched::NowNanos() < end) {
    for (int i = 0; i < 1000; ++i) check();
  }
}

TEST(FastClock, IsNeverBehindTheMonotonicClock) {
  ForSomeMilliseconds([] {
    const int64_t before = sched::NowNanos();
    const int64_t now = FastNow();
    ASSERT_GE(now, before);
  });
}

// Compares two clocks, so however long the test takes or is kept waiting, the bound holds.
TEST(FastClock, IsAheadByFiveMicrosecondsAtMost) {
  int64_t most = 0;
  ForSomeMilliseconds([&] {
    const int64_t now = FastNow();
    most = std::max(most, now - sched::NowNanos());
  });
  EXPECT_LE(most, 5000);
}

// Would not end if the anchors were never good enough: the monotonic clock itself is never ahead.
TEST(FastClock, ReadsTheCounterWhereThatIsSteady) {
  if (!sched::g_counter_is_steady) GTEST_SKIP() << "no steady counter here";
  for (bool ahead = false; !ahead;) {
    const int64_t now = FastNow();
    ahead = now > sched::NowNanos();
  }
}

TEST(FastClock, HoldsItsBoundsWhileManyThreadsMoveTheAnchor) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      ForSomeMilliseconds([] {
        const int64_t before = sched::NowNanos();
        const int64_t now = FastNow();
        const int64_t after = sched::NowNanos();
        ASSERT_GE(now, before);
        ASSERT_LE(now, after + 5000);
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace muster::time::internal
