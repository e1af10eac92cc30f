// ChanCore: a channel without its element type.
//
// Invariants, under `lock`:
//  - At least one of `senders` and `receivers` is empty, but for an unbuffered channel on which one
//    select waits both to send and to receive: its two cases must not meet each other.
//  - A buffered channel with a claimable sender waiting is full; one with a claimable receiver
//    waiting is empty. (Waiters of a select that another channel has completed may linger until the
//    select removes them; they are not claimable.)
//  - A closed channel has no waiters and never gets any.
//  - Slots head, head + 1, ... (count of them, modulo capacity) hold elements; the others are raw.
//
// Rules for whoever holds the lock: no park, no Ready, no user code but an element's move and the
// destruction of what has been moved from.
//
// An operation that has satisfied a partner does not touch the channel after it has released the
// lock. Its caller may have the handle by reference, and the partner may destroy it: a receiver
// that takes the "done" message from a channel of its own frame and returns. For the same reason a
// goroutine that has parked does not touch the channel after it has been woken. Where it must (the
// channel was closed, the value's move threw), its waker gives it a reference: see HandReference. A
// select, which has to leave the other channels' queues, holds references while it is parked.
// A channel that loses its last handle while somebody is parked there is never freed: nobody can
// wake those, and captures still describe what they wait on.
#ifndef MUSTER_CHAN_CHAN_CORE_H_
#define MUSTER_CHAN_CHAN_CORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "muster/chan.h"
#include "runtime/chan/waiter.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/lock.h"

namespace muster::internal {

// A goroutine or foreign thread that did something to a channel, kept for messages and captures.
struct Actor {
  uint64_t id = 0;     // 0: nobody yet
  uint32_t stack = 0;  // in the stack table; 0: not recorded
};

class ChanCore {
 public:
  ChanCore(const ElementOps* element_ops, size_t slots, unsigned char* ring_storage, Actor made_by,
           const void* made_where, uint32_t of_bubble)
      : unbuffered(slots == 0),
        bubbled(of_bubble != 0),
        words(element_ops->is_word && !tsan::kEnabled && !asan::kEnabled),
        ops(element_ops),
        capacity(slots),
        ring(ring_storage),
        maker(made_by),
        made_at(made_where),
        bubble(of_bubble) {}

  void* Slot(size_t index) { return ring + index * ops->size; }
  void* WordSlot(size_t index) { return ring + index * sizeof(uint64_t); }
  size_t Next(size_t index) const { return index + 1 == capacity ? 0 : index + 1; }
  // The slot after the last element; for a channel that is not full.
  size_t Tail() const {
    const size_t tail = head + count.load(std::memory_order_relaxed);
    return tail >= capacity ? tail - capacity : tail;
  }
  bool Full() const { return unbuffered || count.load(std::memory_order_relaxed) == capacity; }

  // What an operation on an unbuffered channel touches is one cache line: a ring of a thousand
  // goroutines has a thousand of them.
  alignas(64) sched::Lock lock;
  // Written under the lock; read without it as well, by the fast paths, Len and captures. Each says
  // at its load what it relies on.
  std::atomic<bool> closed{false};
  const bool unbuffered;
  const bool bubbled;  // `bubble` is not 0
  // Elements may be moved without a call of their own code (which sanitizers are to see).
  const bool words;
  std::atomic<size_t> count{0};
  size_t head = 0;
  WaitQueue senders;
  WaitQueue receivers;
  const ElementOps* const ops;

  alignas(64) const size_t capacity;
  unsigned char* const ring;

  std::atomic<size_t> references{1};
  const Actor maker;
  const void* const made_at;  // return address of the call that made it
  const uint32_t bubble;      // the synctest bubble of its maker: only that one may use it; 0 none
  bool fed_by_timer = false;  // set by its maker, before anyone else has it
  Actor closer;               // guarded by the lock; set before `closed`, never changed again

  // TSan builds only (see edges.h): what a close releases to, and for each slot the clock that a
  // parked goroutine left in it.
  char close_clock = 0;
  void** slot_clocks = nullptr;
};

// Gives `waiter`, which has been claimed under the lock, a reference of its own to the channel, to
// drop when it has run; a select has one. The caller holds a handle.
inline void HandReference(ChanCore* chan, const Waiter* waiter) {
  if (waiter->group == nullptr) chan->references.fetch_add(1, std::memory_order_relaxed);
}

// What an attempt to perform an operation at once came to.
enum class Attempt : uint8_t { kDone, kMustWait, kClosed };

// SendNow sends *element if a receiver waits or the buffer has room. The caller holds the lock, and
// releases it before `wakeups` goes out of scope. When the element's move throws, the exception is
// passed on, the channel is as it was, and nobody who waits has been lost.
Attempt SendNow(ChanCore* chan, void* element, Wakeups* wakeups);

// ReceiveNow constructs the next value in `slot` if there is one; otherwise as SendNow.
Attempt ReceiveNow(ChanCore* chan, void* slot, Wakeups* wakeups);

// Tells the observers that the caller has completed an operation. Uses only the channel's address.
void NoteDone(const ChanCore* chan, record::Direction direction);

// Throws Panic("WHAT synctest channel from outside bubble") if that is so.
void CheckBubble(const ChanCore* chan, const char* what);

// Parks the caller for ever, on a nil channel or an empty select.
[[noreturn]] void BlockForever(const sched::WaitInfo& info);

// Throws Panic("send on closed channel"). The caller knows it to be closed and holds no lock.
[[noreturn]] void ThrowSendOnClosed(const ChanCore* chan);

}  // namespace muster::internal

#endif  // MUSTER_CHAN_CHAN_CORE_H_
