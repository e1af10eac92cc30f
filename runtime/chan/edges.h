// The happens-before edges of Go's memory model for channels, as TSan is told them. Without TSan
// every function here is empty.
//
// Unbuffered: a send and its receive are ordered both ways. The one that parks releases its clock
// before it parks; the active one acquires that before the move and leaves its own after it.
//
// Buffered: the k-th send happens before the k-th receive, and that before the (k + capacity)-th
// send completes, so what is ordered is the users of one slot: each acquires what was released to
// the slot and releases its own clock to it. An operation that waits is completed by somebody else,
// who must pass on the waiter's clock *without* acquiring it: a parked sender is not ordered before
// the receiver that made room for it. Therefore the clock of one that parks is a heap cell of its
// own, which moves into the slot, and the slot's next user acquires it. The move done on behalf of
// the one that waits is hidden from TSan, since its accesses are made by the wrong goroutine.
//
// Nothing else is ordered: neither the lock nor the channel as a whole has a clock, so two senders
// stay unordered. Cells are on the heap because free() makes TSan forget their clocks; an address
// on a recycled stack would hand an old clock to a stranger.
#ifndef MUSTER_CHAN_EDGES_H_
#define MUSTER_CHAN_EDGES_H_

#include "runtime/chan/chan_core.h"
#include "runtime/record/tsan.h"

extern "C" {
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}

namespace muster::internal::edges {

// ---- the goroutine that waits

inline void BeforePark(Waiter* waiter) {
  if constexpr (tsan::kEnabled) {
    waiter->clock_before_park = new char;
    waiter->clock_of_waker = new char;
    tsan::Release(waiter->clock_before_park);
  }
}

// After waking; also for the losing cases of a select, whose clocks nobody has touched.
inline void AfterWake(Waiter* waiter) {
  if constexpr (tsan::kEnabled) {
    tsan::Acquire(waiter->clock_of_waker);
    delete static_cast<char*>(waiter->clock_of_waker);
    delete static_cast<char*>(waiter->clock_before_park);  // null when it went into a slot
  }
}

// ---- the active goroutine, unbuffered channel

// Brackets the move between the caller and a waiter. What it leaves when the move throws is for
// whoever moves next from or to the same place.
class WithWaiter {
 public:
  explicit WithWaiter(const Waiter* waiter) : waiter_(waiter) {
    tsan::Acquire(waiter_->clock_before_park);
  }
  ~WithWaiter() {
    tsan::Release(waiter_->clock_before_park);
    tsan::Release(waiter_->clock_of_waker);
  }
  WithWaiter(const WithWaiter&) = delete;
  WithWaiter& operator=(const WithWaiter&) = delete;

 private:
  const Waiter* waiter_;
};

// ---- the active goroutine, buffered channel

// Brackets the use of a slot, also by a move that throws.
class WithSlot {
 public:
  WithSlot(ChanCore* chan, size_t index) : slot_(chan->Slot(index)) {
    tsan::Acquire(slot_);
    if constexpr (tsan::kEnabled) {
      void*& left = chan->slot_clocks[index];
      if (left != nullptr) tsan::Acquire(left);
      delete static_cast<char*>(left);
      left = nullptr;
    }
  }
  ~WithSlot() { tsan::Release(slot_); }
  WithSlot(const WithSlot&) = delete;
  WithSlot& operator=(const WithSlot&) = delete;

 private:
  const void* slot_;
};

// The waiter's operation has used the slot, after the caller's own. WithSlot has emptied it.
inline void LeaveClockInSlot(ChanCore* chan, size_t index, Waiter* waiter) {
  if constexpr (tsan::kEnabled) {
    tsan::Release(waiter->clock_of_waker);
    chan->slot_clocks[index] = waiter->clock_before_park;
    waiter->clock_before_park = nullptr;
  }
}

// Hides the accesses of a move that is done on behalf of one that waits.
class HiddenMove {
 public:
  HiddenMove() {
    if constexpr (tsan::kEnabled) __tsan_ignore_thread_begin();
  }
  ~HiddenMove() {
    if constexpr (tsan::kEnabled) __tsan_ignore_thread_end();
  }
  HiddenMove(const HiddenMove&) = delete;
  HiddenMove& operator=(const HiddenMove&) = delete;
};

// ---- closing and destroying

// The one that drops the last reference destroys what is in the slots and frees them.
inline void AcquireAllSlots(ChanCore* chan) {
  if constexpr (tsan::kEnabled) {
    for (size_t index = 0; index < chan->capacity; ++index) WithSlot edge(chan, index);
  }
}

inline void ReleaseClose(ChanCore* chan) { tsan::Release(&chan->close_clock); }
inline void AcquireClose(ChanCore* chan) { tsan::Acquire(&chan->close_clock); }

}  // namespace muster::internal::edges

#endif  // MUSTER_CHAN_EDGES_H_
