// Looking at a goroutine that does not run, without stopping the world: by holding it back, or by a
// glimpse that finds out afterwards whether it was disturbed. For captures and the stack scavenger.
//
// A *hold* is asked for in batches: MarkForHold each goroutine of a batch, HoldBarrier once, then
// ConfirmHold each: those that it grants stay as they are, parked, runnable or in
// their blocking region, until ReleaseHold.
// Whoever wants to wake or run one meanwhile spins, so a batch must be small (kHoldBatch) and what
// is done under it short. Holding keeps alive what the goroutine waits on and its whole stack.
// Only one thread may hold at a time: take HoldLock().
//
// Why it works: a waker or runner stores the new state, and then looks whether the goroutine is
// held back (RespectHold); the holder marks, and then looks at the state. Between store and load
// stands an asymmetric pair of fences, so one of the two sees the other. If the waker sees the
// mark, it waits. If it does not, the holder sees the new state: "runnable" still is a goroutine
// whose runner will see the mark, and may be held; "running" may not.
//
// A *glimpse* holds nobody back and can be cut short by the kernel without harm, but what it reads
// may be torn until Undisturbed() has said yes: every pointer must be checked to lie inside the
// goroutine's own slot (which is never unmapped) before it is followed, and nothing outside of it
// may be read. Under ASan, whose shadow knows other people's frames, hold instead.
#ifndef MUSTER_SCHED_HOLD_H_
#define MUSTER_SCHED_HOLD_H_

#include <atomic>
#include <cstdint>

#include "muster/record.h"
#include "runtime/sched/asymmetric.h"
#include "runtime/sched/g.h"
#include "runtime/sched/lock.h"

namespace muster::sched {

inline constexpr int kHoldBatch = 64;

// Serialises all who hold.
Lock& HoldLock();

inline bool MayBeHeld(record::State state) {
  return state == record::State::kWaiting || state == record::State::kRunnable ||
         state == record::State::kSyscall;
}

inline void MarkForHold(G* g) { g->held_back.store(true, std::memory_order_relaxed); }
inline void HoldBarrier() { HeavyBarrier(); }

// Release: what was read of the goroutine was read before it goes on (WaitWhileHeldBack acquires).
inline void ReleaseHold(G* g) { g->held_back.store(false, std::memory_order_release); }

// The state that a marked goroutine is now held in (kWaiting, kSyscall or kRunnable; that may
// still change from the first to the last); kDead when it is not held: it runs, is dead, or has
// just changed. Its mark is gone then. Acquire: pairs with the transition into that state.
inline record::State ConfirmHold(G* g) {
  const record::State state = g->state.load(std::memory_order_acquire);
  if (MayBeHeld(state)) return state;
  ReleaseHold(g);
  return record::State::kDead;
}

class Glimpse {
 public:
  // state() is kDead when there is nothing to be seen this way.
  explicit Glimpse(const G* g) : g_(g), runs_(g->runs.load(std::memory_order_acquire)) {
    const record::State state = g->state.load(std::memory_order_acquire);
    if (MayBeHeld(state)) state_ = state;
  }
  record::State state() const { return state_; }
  // Whether all that was read since the construction belongs together: the goroutine has neither
  // run nor been readied since. Pairs with the fence in Adopt: who has read a byte that the
  // goroutine wrote when it ran again sees the new count of runs here.
  bool Undisturbed() const {
    std::atomic_thread_fence(std::memory_order_acquire);
    return g_->runs.load(std::memory_order_relaxed) == runs_ &&
           g_->state.load(std::memory_order_relaxed) == state_;
  }

 private:
  const G* g_;
  uint32_t runs_;
  record::State state_ = record::State::kDead;
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_HOLD_H_
