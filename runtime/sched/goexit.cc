#include "runtime/sched/goexit.h"

#include <unwind.h>

#include "runtime/record/fatal.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"

namespace muster::sched {
namespace {

// Not on the goroutine's stack, which is used again from the first frame with a destructor on.
struct Unwinding {
  _Unwind_Exception header = {};
  G* g = nullptr;
};

// Called by the end of a handler that does not rethrow.
void OnSwallowed(_Unwind_Reason_Code, _Unwind_Exception*) {
  record::Fatal("runtime.Goexit was caught by a catch (...) that did not rethrow it");
}

// Called before each frame, from the innermost on, and where no more is known of the stack.
_Unwind_Reason_Code AtFrame(int, _Unwind_Action actions, _Unwind_Exception_Class,
                            _Unwind_Exception*, _Unwind_Context* context, void* arg) {
  auto* const unwinding = static_cast<Unwinding*>(arg);
  G* const g = unwinding->g;
  if ((actions & _UA_END_OF_STACK) == 0 && !IsGoroutineEntry(_Unwind_GetIP(context))) {
    // Frames that are gone do not take their redzones with them.
    const uintptr_t gone = _Unwind_GetCFA(context);
    asan::Unpoison(reinterpret_cast<void*>(g->stack_lo), gone - g->stack_lo);
    return _URC_NO_REASON;
  }
  delete unwinding;
  ExitGoroutine(g);
}

}  // namespace

void UnwindAndExit(G* g) {
  // Reset with the other extras when the slot is used again.
  g->in_goexit = true;
  g->has_extras = true;
  auto* const unwinding = new Unwinding;
  unwinding->g = g;
  unwinding->header.exception_cleanup = &OnSwallowed;
  _Unwind_ForcedUnwind(&unwinding->header, &AtFrame, unwinding);
  record::Fatal("runtime.Goexit cannot unwind the stack");
}

}  // namespace muster::sched
