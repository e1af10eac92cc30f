// Go's package runtime/debug, as far as there is something to set.
#ifndef MUSTER_DEBUG_H_
#define MUSTER_DEBUG_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::debug {

// SetMaxThreads bounds the OS threads that the runtime starts for goroutines (10,000 at first), and
// returns the previous bound. A program that needs more, because so many goroutines are in blocking
// regions or locked to threads, dies with a fatal error that says so: better than to have the
// kernel refuse, or the machine drown. A bound below what there is now takes effect with the next
// thread. Thread-safe; does not block. Throws Panic when `threads` is less than 1.
int SetMaxThreads(int threads);

// SetMaxStack bounds the size of goroutines' stacks, in bytes, and returns the previous bound (32
// MiB at first). Here stacks do not grow: all have one size, MUSTER_STACK_SIZE or 256 KiB, a power
// of two of at least 16 KiB, and it is fixed when the first one is made. So it is only a call
// before the first goroutine that matters: stacks are then as large as the bound allows, at most. A
// later call is remembered and changes nothing. Thread-safe; does not block. Throws Panic when
// `bytes` is less than 16 KiB.
int64_t SetMaxStack(int64_t bytes);

// SetTraceback sets how much is printed when the process dies, as MUSTER_TRACEBACK does: "none",
// "single", "all", "system" or "crash". Less than what the environment asks for is ignored, as in
// Go. Thread-safe; does not block. Throws Panic for any other word.
void SetTraceback(std::string_view level);

// Stack is runtime::Stack (caller.h) of the calling goroutine; PrintStack writes that to standard
// error.
std::string Stack();
void PrintStack();

// SetLockOrder turns the recording of lock orders on or off (at first: off, or as
// MUSTER_LOCK_ORDER=1 or 0 says), and returns what it was. While it is on, snapshots tell which
// locks were taken while which others were held, and the analysis warns of orders that can deadlock
// ("lock-order"), also in a run in which nobody did. It costs some tens of nanoseconds per lock,
// and a lock on the runtime's side per lock that is taken with another in hand: meant for tests. A
// lock is known by its address, so one in memory that was freed and used again counts as the same.
// Turning it on forgets what was recorded before. Thread-safe; does not block.
bool SetLockOrder(bool on);

}  // namespace muster::debug

#endif  // MUSTER_DEBUG_H_
