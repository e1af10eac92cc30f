// FastNow: CLOCK_MONOTONIC for those who start timers by the hundred thousand.
//
// clock_gettime makes the CPU wait until all earlier loads are done. A goroutine of a crowd that
// goes to sleep has just asked for memory that is in no cache, so that wait costs more than the
// rest of its sleep. FastNow reads the bare counter (sched/ticks.h), without a wait, and adds to an
// *anchor*: a moment of the last millisecond at which both clocks were read.
//
// It is never behind CLOCK_MONOTONIC, so a sleep is never too short, and ahead by 5 us at most:
//  - An anchor's counter is read before its clock, so from there on the counter's time is ahead by
//    what the two readings took; where that is more than 1/1024 of a millisecond, there is no rate.
//  - The rate is that of the time between the last two anchors, 1 to 100 ms. Their readings make it
//    too low or too high by 1/1024 at most, and the kernel may since have changed it by 1/2000; so
//    it is taken 1/512 higher. In the one millisecond that an anchor is used, that makes 2 us, and
//    the two errors 1.5 us where they add to it. It must agree with the rate before it.
// Where the counter is not steady, or there is no rate yet, FastNow is clock_gettime.
#ifndef MUSTER_TIME_FAST_CLOCK_H_
#define MUSTER_TIME_FAST_CLOCK_H_

#include <cstdint>

namespace muster::time::internal {

int64_t FastNow();

}  // namespace muster::time::internal

#endif  // MUSTER_TIME_FAST_CLOCK_H_
