// Go's package runtime/debug, as far as there is something to set.
#ifndef MUSTER_DEBUG_H_
#define MUSTER_DEBUG_H_

namespace muster::debug {

// SetMaxThreads bounds the OS threads that the runtime starts for goroutines (10,000 at first), and
// returns the previous bound. A program that needs more, because so many goroutines are in blocking
// regions or locked to threads, dies with a fatal error that says so: better than to have the
// kernel refuse, or the machine drown. A bound below what there is now takes effect with the next
// thread. Thread-safe; does not block. Throws Panic when `threads` is less than 1.
int SetMaxThreads(int threads);

}  // namespace muster::debug

#endif  // MUSTER_DEBUG_H_
