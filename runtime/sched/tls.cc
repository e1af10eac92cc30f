#include "runtime/sched/tls.h"

#include <cxxabi.h>
#include <errno.h>

#if defined(__clang__)
#define MUSTER_OUT_OF_LINE __attribute__((noinline))
#else
// noipa also keeps LTO from finding out that two calls give the same answer.
#define MUSTER_OUT_OF_LINE __attribute__((noipa))
#endif

namespace muster::sched {

// `used`: CurrentM's asm statement refers to it by name.
extern "C" {
__attribute__((tls_model("initial-exec"), visibility("hidden"),
               used)) thread_local constinit M* muster_current_m = nullptr;
}

namespace {

__attribute__((tls_model("initial-exec"))) thread_local G* t_thread_g = nullptr;

void Barrier() { __asm__ volatile("" ::: "memory"); }

}  // namespace

#if !defined(__x86_64__)
MUSTER_OUT_OF_LINE M* CurrentM() {
  Barrier();
  return muster_current_m;
}
#endif
MUSTER_OUT_OF_LINE void SetCurrentM(M* m) {
  muster_current_m = m;
  Barrier();
}
MUSTER_OUT_OF_LINE G* CurrentThreadG() {
  Barrier();
  return t_thread_g;
}
MUSTER_OUT_OF_LINE void SetCurrentThreadG(G* g) {
  t_thread_g = g;
  Barrier();
}
// The Itanium C++ ABI gives the runtime's per-thread exception state two fields, in this order.
MUSTER_OUT_OF_LINE ExceptionGlobals* ThreadExceptionGlobals() {
  return reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}
MUSTER_OUT_OF_LINE int* ThreadErrno() { return &errno; }

}  // namespace muster::sched
