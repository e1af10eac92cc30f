// Waiter and WaitQueue: who waits on a channel, in order of arrival.
//
// A Waiter lives on the stack of the goroutine that parks and is linked into one channel's queue;
// all its fields are guarded by that channel's lock until it is unlinked by a waker, whose it then
// is until it calls Ready. A select has one Waiter per case, all in one SelectGroup; whoever wants
// to complete one of them must first claim the group, so exactly one of several wakers wins.
#ifndef MUSTER_CHAN_WAITER_H_
#define MUSTER_CHAN_WAITER_H_

#include <atomic>
#include <cstdint>

#include "runtime/sched/park.h"

namespace muster::internal {

struct Waiter;

// What the waiters of one parked select share.
struct SelectGroup {
  // The waiter that was completed; null while none has been. Relaxed everywhere: what the winner
  // reads of its waiter is ordered by the channel's lock under which that was linked, and what the
  // select reads after waking is ordered by Ready and Park.
  std::atomic<Waiter*> winner{nullptr};
};

// What became of the operation that a waiter stands for.
enum class Outcome : uint8_t {
  kDone,    // the value has been moved
  kClosed,  // the channel was closed meanwhile
  kRetry,   // the value's move threw in somebody else's hands: do the operation again
};

struct Waiter {
  sched::G* g = nullptr;
  void* element = nullptr;  // send: the value; receive: raw storage
  SelectGroup* group = nullptr;
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  void* clock_before_park = nullptr;  // TSan builds only: see edges.h
  void* clock_of_waker = nullptr;
  Outcome outcome = Outcome::kRetry;
  bool linked = false;
};

// A FIFO queue; guarded by its channel's lock, but for Empty.
class WaitQueue {
 public:
  // May be called without the lock. Relaxed: it is a hint, and its callers order it themselves.
  bool Empty(std::memory_order order = std::memory_order_relaxed) const {
    return first_.load(order) == nullptr;
  }

  // For who knows that nobody changes the queue meanwhile.
  const Waiter* First() const { return first_.load(std::memory_order_relaxed); }

  void PushBack(Waiter* waiter) {
    waiter->next = nullptr;
    waiter->previous = last_;
    if (last_ == nullptr) {
      first_.store(waiter, std::memory_order_relaxed);
    } else {
      last_->next = waiter;
    }
    last_ = waiter;
    waiter->linked = true;
  }

  void PushFront(Waiter* waiter) {
    Waiter* first = first_.load(std::memory_order_relaxed);
    waiter->previous = nullptr;
    waiter->next = first;
    first_.store(waiter, std::memory_order_relaxed);
    if (first == nullptr) {
      last_ = waiter;
    } else {
      first->previous = waiter;
    }
    waiter->linked = true;
  }

  void Remove(Waiter* waiter) {
    if (waiter->previous == nullptr) {
      first_.store(waiter->next, std::memory_order_relaxed);
    } else {
      waiter->previous->next = waiter->next;
    }
    if (waiter->next == nullptr) {
      last_ = waiter->previous;
    } else {
      waiter->next->previous = waiter->previous;
    }
    waiter->linked = false;
  }

  // Unlinks the first waiter that is still to be had and returns it; null when there is none. Those
  // of a select that another channel has completed are unlinked on the way.
  Waiter* Claim() {
    for (;;) {
      Waiter* waiter = first_.load(std::memory_order_relaxed);
      if (waiter == nullptr) return nullptr;
      PopFront(waiter);
      if (waiter->group == nullptr) return waiter;
      Waiter* nobody = nullptr;
      if (waiter->group->winner.compare_exchange_strong(nobody, waiter,
                                                        std::memory_order_relaxed)) {
        return waiter;
      }
    }
  }

 private:
  void PopFront(Waiter* first) {
    Waiter* const next = first->next;
    first_.store(next, std::memory_order_relaxed);
    if (next == nullptr) {
      last_ = nullptr;
    } else {
      next->previous = nullptr;
    }
    first->linked = false;
  }

  std::atomic<Waiter*> first_{nullptr};
  Waiter* last_ = nullptr;
};

// The waiters that an operation has completed. They are readied when it goes out of scope, which
// must be after the channel's lock has been released: declare it before the lock's holder.
class Wakeups {
 public:
  Wakeups() = default;
  Wakeups(const Wakeups&) = delete;
  Wakeups& operator=(const Wakeups&) = delete;
  ~Wakeups() {
    while (first_ != nullptr) {
      // Once readied the waiter is gone.
      sched::G* g = first_->g;
      first_ = first_->next;
      sched::Ready(g);
    }
  }

  // `waiter` has been claimed.
  void Add(Waiter* waiter, Outcome outcome) {
    waiter->outcome = outcome;
    waiter->next = nullptr;
    if (last_ == nullptr) {
      first_ = waiter;
    } else {
      last_->next = waiter;
    }
    last_ = waiter;
  }

 private:
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace muster::internal

#endif  // MUSTER_CHAN_WAITER_H_
