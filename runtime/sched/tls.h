// Thread-local state, read through functions that are never inlined.
//
// A compiler may compute a thread-local's address once per function. A function that parks resumes
// on another thread, and would then use the old thread's variable. So every access goes through an
// out-of-line function with an asm barrier, which neither inlining, LTO nor pure-function analysis
// can merge with another call.
#ifndef MUSTER_SCHED_TLS_H_
#define MUSTER_SCHED_TLS_H_

#include "runtime/sched/g.h"

namespace muster::sched {

// The calling thread's exception state, and how to replace it.
ExceptionGlobals GetExceptionGlobals();
void SetExceptionGlobals(const ExceptionGlobals& globals);

int GetErrno();
void SetErrno(int value);

// The stand-in of a foreign thread; nullptr until it has used a primitive.
G* CurrentThreadG();
void SetCurrentThreadG(G* g);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_TLS_H_
