// Raw futex calls. They bypass libc so that no sanitizer sees an ordering edge in them, and they
// keep errno.
#ifndef MUSTER_SCHED_FUTEX_H_
#define MUSTER_SCHED_FUTEX_H_

#include <atomic>
#include <cstdint>

namespace muster::sched::futex {

// Wait blocks the OS thread while *word == expected, until woken, interrupted by a signal, or
// `timeout_ns` nanoseconds have passed (negative: no limit). Spurious returns happen. False: timed
// out.
bool Wait(std::atomic<uint32_t>* word, uint32_t expected, int64_t timeout_ns = -1);

// Wake wakes at most `count` threads that wait on `word`.
void Wake(std::atomic<uint32_t>* word, int count);

}  // namespace muster::sched::futex

#endif  // MUSTER_SCHED_FUTEX_H_
