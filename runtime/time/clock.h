// From durations to points on the monotonic clock.
#ifndef MUSTER_TIME_CLOCK_H_
#define MUSTER_TIME_CLOCK_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "runtime/time/fast_clock.h"
#include "runtime/time/timer.h"

namespace muster::time::internal {

// Whole nanoseconds, at least one for what is positive at all; saturates.
inline int64_t PositiveNanos(absl::Duration d) {
  return std::max<int64_t>(1, absl::ToInt64Nanoseconds(d));
}

// When a timer of `d` from `now` is due: now for d <= 0, never when that is beyond the clock's
// range.
inline int64_t DueAfter(absl::Duration d, int64_t now) {
  if (d <= absl::ZeroDuration()) return now;
  const int64_t nanos = PositiveNanos(d);
  return nanos > sched::kNever - now ? sched::kNever : now + nanos;
}

}  // namespace muster::time::internal

#endif  // MUSTER_TIME_CLOCK_H_
