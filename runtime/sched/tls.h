// Thread-local state: the M of the calling thread, and the stand-in of a foreign one.
//
// A compiler may compute a thread-local's address once per function. A function that parks resumes
// on another thread, and would then use the old thread's variable. So CurrentM reads the variable
// in a volatile asm statement, which no compiler merges with another one, moves out of a loop or
// keeps over a switch; what is not hot goes through out-of-line functions with a barrier.
//
// What belongs to an OS thread and must change with the goroutine (the C++ exception state, errno)
// is reached through pointers that each M keeps (M::exception_globals, M::errno_location), since
// __cxa_get_globals and __errno_location are declared const and cached likewise.
#ifndef MUSTER_SCHED_TLS_H_
#define MUSTER_SCHED_TLS_H_

#include "runtime/sched/g.h"

namespace muster::sched {

struct M;

#if defined(__x86_64__)
extern "C" __attribute__((tls_model("initial-exec"),
                          visibility("hidden"))) thread_local constinit M* muster_current_m;

// The M of the calling thread; nullptr on a foreign thread.
inline M* CurrentM() {
  M* m;
  __asm__ volatile(
      "movq muster_current_m@gottpoff(%%rip), %0\n\t"
      "movq %%fs:(%0), %0"
      : "=r"(m));
  return m;
}
#else
M* CurrentM();
#endif
void SetCurrentM(M* m);

// The calling thread's exception state and errno: asked once per thread.
ExceptionGlobals* ThreadExceptionGlobals();
int* ThreadErrno();

// The stand-in of a foreign thread; nullptr until it has used a primitive.
G* CurrentThreadG();
void SetCurrentThreadG(G* g);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_TLS_H_
