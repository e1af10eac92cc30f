#include "runtime/sched/ticks.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::sched {
namespace {

// What reading the two clocks one after the other may cost, with an interruption or two.
constexpr int64_t kSlackNs = 2'000;

TEST(Ticks, ConvertToTheMomentOfTheStamp) {
  struct Stamp {
    int64_t before, ticks, after;
  };
  std::vector<Stamp> stamps;
  for (int i = 0; i < 1'000; ++i) {
    const int64_t before = NowNanos();
    const int64_t ticks = Ticks();
    stamps.push_back({before, ticks, NowNanos()});
  }
  const TickScale scale;
  for (const Stamp& stamp : stamps) {
    const int64_t converted = scale.ToNanos(stamp.ticks);
    ASSERT_GE(converted, stamp.before - kSlackNs);
    ASSERT_LE(converted, stamp.after + kSlackNs);
  }
}

TEST(Ticks, KeepTheirOrderWhenConverted) {
  const int64_t first = Ticks();
  const int64_t second = first + TicksOf(1'000'000);
  const TickScale scale;
  const int64_t apart = scale.ToNanos(second) - scale.ToNanos(first);
  // A thousandth: the two scales were not made at the same moment.
  EXPECT_NEAR(static_cast<double>(apart), 1e6, 1e3);
}

}  // namespace
}  // namespace muster::sched
