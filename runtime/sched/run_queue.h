// RunQueue: a P's bounded queue of runnable goroutines, with a next slot in front.
//
// One owner (the M that holds the P) pushes and pops; any M may steal. The algorithm is that of
// Go's runqput/runqget/runqgrab (runtime/proc.go): head and tail only grow; the owner alone
// advances tail; head is advanced by compare-and-swap, by the owner and by thieves.
//
// Memory ordering: a push writes the slot, then releases tail; a thief acquires tail before it
// reads slots. A pop or steal releases head by its CAS; the owner acquires head before it reuses
// slots, so it overwrites none that a thief still reads: a thief whose CAS fails drops what it
// read.
//
// The next slot is filled and emptied at every hand-over between goroutines, and hardly ever stolen
// from. It is guarded by a lock that is biased towards the owner (asymmetric.h): the owner stores
// that it is at the slot, then looks for a thief, and waits for it to go; the thief announces
// itself, fences, and goes away if the owner is there. One of the two sees the other.
#ifndef MUSTER_SCHED_RUN_QUEUE_H_
#define MUSTER_SCHED_RUN_QUEUE_H_

#include <atomic>
#include <cstdint>

#include "runtime/sched/asymmetric.h"

namespace muster::sched {

struct G;

class RunQueue {
 public:
  static constexpr uint32_t kCapacity = 256;

  // Owner: puts `g` (or nothing) into the next slot and returns what was there.
  G* ExchangeNext(G* g) {
    owner_there_.store(true, std::memory_order_relaxed);
    LightBarrier();
    if (__builtin_expect(thief_there_.load(std::memory_order_acquire), 0)) WaitForThief();
    G* const old = next_.load(std::memory_order_relaxed);
    next_.store(g, std::memory_order_relaxed);
    // Release: a thief that finds the owner gone sees the slot, and what `g` needs to run.
    owner_there_.store(false, std::memory_order_release);
    return old;
  }

  // Owner: appends; false when full.
  bool PushBack(G* g);

  // Owner: takes half of a full queue (in order) into `batch`, which has room for kCapacity/2;
  // returns how many, 0 if a thief was quicker.
  uint32_t PopHalf(G** batch);

  // Owner: the next goroutine to run; `*inherits_slice` tells whether it came from the next slot,
  // and so goes on in its waker's time slice. nullptr when empty.
  G* Pop(bool* inherits_slice);

  // Thief: moves half of this queue to the end of `to` (the thief's own, empty) and returns one of
  // them to run. With `take_next` it may take the next slot when nothing else is there.
  G* StealInto(RunQueue* to, bool take_next);

  // Thief without a queue of its own: takes half of this one, or what is stuck in the next slot,
  // into `batch`, which has room for kCapacity/2; returns how many.
  uint32_t Steal(G** batch) { return Grab(batch, true); }

  // A hint for anyone. Only the owner fills the next slot and thieves may empty it: once the owner
  // has seen it empty, it stays so.
  bool NextIsEmpty() const { return next_.load(std::memory_order_relaxed) == nullptr; }

  // A hint for anyone: whether something is queued.
  bool Empty() const { return Size() == 0 && NextIsEmpty(); }
  uint32_t Size() const {
    const uint32_t head = head_.load(std::memory_order_acquire);
    const uint32_t tail = tail_.load(std::memory_order_acquire);
    return tail - head <= kCapacity ? tail - head : 0;
  }

 private:
  uint32_t Grab(G** batch, bool take_next);
  void WaitForThief() const;
  bool NextIsStuck(uint32_t tail) const;
  void FetchAhead(uint32_t head, uint32_t tail) const;
  G* StealNext();

  // What thieves write and what the owner writes lie in different cache lines.
  alignas(64) std::atomic<uint32_t> head_{0};
  std::atomic<bool> thief_there_{false};
  alignas(64) std::atomic<uint32_t> tail_{0};
  std::atomic<bool> owner_there_{false};
  std::atomic<G*> next_{nullptr};
  std::atomic<G*> slots_[kCapacity] = {};
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_RUN_QUEUE_H_
