// The context switch.
#ifndef MUSTER_SCHED_SWITCH_H_
#define MUSTER_SCHED_SWITCH_H_

#include "runtime/sched/scheduler.h"

namespace muster::sched {

// Leave switches from the current goroutine (or g0) `from` of `m` to `to`, and returns when `from`
// is switched to again, maybe on another thread. What is to become of `from` is said by
// from->departure; `to` carries that out, on its own stack, once the context of `from` is saved.
// `to` must be in state running, or a g0.
void Leave(M* m, G* from, G* to);

// Leaves `g` for `next`, which must be runnable, or for the scheduler loop when that is nullptr.
void LeaveForNext(M* m, G* g, G* next, Departure departure);

// Prepares the first switch to `g`, which will call g->run(g->closure).
void PrepareStack(G* g, uintptr_t stack_top);

// Marks `g`, which will be switched to next, running on `m`.
inline void Adopt(M* m, G* g) {
  Transition(g, record::State::kRunnable, record::State::kRunning);
  g->runs.store(g->runs.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  // Whoever reads a byte that the goroutine writes from here on can tell that it has run (Glimpse).
  std::atomic_thread_fence(std::memory_order_release);
  g->started = true;
  m->current.store(g, std::memory_order_relaxed);
}

// The range of the function in which every goroutine's stack ends; walkers stop there.
bool IsGoroutineEntry(uintptr_t pc);

// How much of a goroutine's stack, from stack_hi downwards, is the frame of that function, in which
// there is nothing of the goroutine's own; 0 while none has run.
size_t EntryFrameSize();

// Ends the calling goroutine, whose frames are left as they are.
[[noreturn]] void ExitGoroutine(G* g);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_SWITCH_H_
