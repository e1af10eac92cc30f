// Goexit: the end of a goroutine from anywhere on its stack.
//
// A forced unwind, as pthread_exit makes one: the destructors of all frames run, and no handler
// stops it but catch (...), which has to rethrow it. Generic code knows of it by the type
// abi::__forced_unwind, and leaves it alone where it would keep an exception
// (std::current_exception is null). So a catch (...) that swallows it is noticed on the spot.
#ifndef MUSTER_SCHED_GOEXIT_H_
#define MUSTER_SCHED_GOEXIT_H_

namespace muster::sched {

struct G;

// Unwinds the calling goroutine `g` and ends it.
[[noreturn]] void UnwindAndExit(G* g);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_GOEXIT_H_
