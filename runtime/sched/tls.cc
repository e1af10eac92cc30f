#include "runtime/sched/tls.h"

#include <cxxabi.h>
#include <errno.h>

#include "runtime/sched/scheduler.h"

#if defined(__clang__)
#define MUSTER_OUT_OF_LINE __attribute__((noinline))
#else
// noipa also keeps LTO from finding out that two calls give the same answer.
#define MUSTER_OUT_OF_LINE __attribute__((noipa))
#endif

namespace muster::sched {
namespace {

__attribute__((tls_model("initial-exec"))) thread_local M* t_m = nullptr;
__attribute__((tls_model("initial-exec"))) thread_local G* t_thread_g = nullptr;

void Barrier() { __asm__ volatile("" ::: "memory"); }

// The Itanium C++ ABI gives the runtime's per-thread exception state two fields, in this order.
ExceptionGlobals* Globals() {
  return reinterpret_cast<ExceptionGlobals*>(abi::__cxa_get_globals());
}

}  // namespace

MUSTER_OUT_OF_LINE M* CurrentM() {
  Barrier();
  return t_m;
}
MUSTER_OUT_OF_LINE void SetCurrentM(M* m) {
  t_m = m;
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
MUSTER_OUT_OF_LINE ExceptionGlobals GetExceptionGlobals() {
  Barrier();
  return *Globals();
}
MUSTER_OUT_OF_LINE void SetExceptionGlobals(const ExceptionGlobals& globals) {
  *Globals() = globals;
  Barrier();
}
MUSTER_OUT_OF_LINE int GetErrno() {
  Barrier();
  return errno;
}
MUSTER_OUT_OF_LINE void SetErrno(int value) {
  errno = value;
  Barrier();
}

}  // namespace muster::sched
