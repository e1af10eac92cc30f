// A context: what is left of a computation when its stack is left, namely the registers that a call
// keeps. They lie at the low end of the stack, and a context is named by their address.
//
// On x86-64 the code is ours, for two reasons. Boost.Context leaves a stack by an indirect jump. A
// CPU predicts where a `ret` goes by a stack of its own, on which each call has pushed; with a call
// from which nobody returns, that stack is one entry ahead, and every return after a switch is
// mispredicted. Here, a switch is a call that returns, though on another stack. And Boost loads the
// floating-point control words each time, for which the CPU has to finish much of what is under
// way; they hardly ever differ.
#ifndef MUSTER_SCHED_CONTEXT_H_
#define MUSTER_SCHED_CONTEXT_H_

#include <cstdint>

namespace muster::sched {

// What one who is switched to learns: who has left, and what that one has to say.
struct Switched {
  void* context;
  void* data;
};

// Leaves the current stack for `context`, which is used up. Returns when somebody switches to what
// that one was given as Switched::context.
Switched SwitchContext(void* context, void* data);

// Makes a context that will call entry(who switches to it) on the stack that ends at `top`, a
// multiple of 16. `entry` must not return. The control words are the caller's.
void* MakeContext(uintptr_t top, void (*entry)(Switched));

#if defined(__x86_64__)
extern "C" __attribute__((visibility("hidden"))) Switched muster_switch_context(void* context,
                                                                                void* data);
inline Switched SwitchContext(void* context, void* data) {
  return muster_switch_context(context, data);
}
#endif

}  // namespace muster::sched

#endif  // MUSTER_SCHED_CONTEXT_H_
