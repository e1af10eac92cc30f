// Ticks: when something happened, at the lowest price.
//
// A park stamps the time, on every channel operation that waits. clock_gettime takes 21 ns here,
// the CPU's time stamp counter 9. So stamps are raw counter values, and whoever reads the record
// converts them, by a TickScale. Where the counter does not run at one rate on all CPUs, ticks are
// CLOCK_MONOTONIC's nanoseconds.
#ifndef MUSTER_SCHED_TICKS_H_
#define MUSTER_SCHED_TICKS_H_

#include <atomic>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace muster::sched {

// CLOCK_MONOTONIC in nanoseconds.
int64_t NowNanos();

extern bool g_counter_is_steady;  // set before main

inline int64_t Ticks() {
#if defined(__x86_64__)
  if (__builtin_expect(g_counter_is_steady, 1)) return static_cast<int64_t>(__rdtsc());
#endif
  return NowNanos();
}

// TickScale converts stamps to CLOCK_MONOTONIC. It draws a line through two moments: the start of
// the process and its own construction. A stamp between the two is off by no more than the time
// that reading both clocks takes (about 0.1 µs), plus what the kernel has slewed the clock by
// meanwhile.
class TickScale {
 public:
  TickScale();
  int64_t ToNanos(int64_t ticks) const {
    return nanos_ - static_cast<int64_t>(static_cast<double>(ticks_ - ticks) * nanos_per_tick_);
  }

 private:
  int64_t ticks_;
  int64_t nanos_;
  double nanos_per_tick_;
};

// About how many ticks `nanos` are; for short spans.
int64_t TicksOf(int64_t nanos);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_TICKS_H_
