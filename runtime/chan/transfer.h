// How values change hands: everything that happens to a channel under its lock. Inline for those
// who send and receive; SendNow and ReceiveNow (chan_core.h) are the same for all others.
#ifndef MUSTER_CHAN_TRANSFER_H_
#define MUSTER_CHAN_TRANSFER_H_

#include <cstring>

#include "runtime/chan/chan_core.h"
#include "runtime/chan/edges.h"

namespace muster::internal {

// After a throwing move: the one that waits must not be lost. A plain waiter goes back to where it
// was. A select cannot: others may have dropped its cases since it was claimed, so it is woken to
// begin anew.
void PutBack(WaitQueue* queue, Waiter* waiter, Wakeups* wakeups);

// Moves a value straight to a claimed receiver of an empty buffered channel, as if it had passed
// through the buffer: the slot that it would have used is skipped, so that the slots' clocks order
// the k-th receive before the (k + capacity)-th send here too.
void SendPastBuffer(ChanCore* chan, Waiter* receiver, void* element, Wakeups* wakeups);

// A receive has made room: the first sender that waits moves up. One whose value's move throws is
// woken to try for itself, where the exception belongs, and the next one is served.
void MoveUpSender(ChanCore* chan, Wakeups* wakeups);

inline void CopyWord(void* to, const void* from) { std::memcpy(to, from, sizeof(uint64_t)); }

inline void MoveElement(const ChanCore* chan, void* to, void* from) {
  if (chan->words) {
    CopyWord(to, from);
  } else {
    chan->ops->move(to, from);
  }
}

// Moves a value straight between the caller and a claimed waiter of an unbuffered channel.
inline void HandOver(ChanCore* chan, WaitQueue* queue, Waiter* waiter, void* to, void* from,
                     Wakeups* wakeups) {
  try {
    edges::WithWaiter edge(waiter);
    MoveElement(chan, to, from);
  } catch (...) {
    PutBack(queue, waiter, wakeups);
    throw;
  }
  wakeups->Add(waiter, Outcome::kDone);
}

// The two that nearly all operations on a buffered channel of words come down to: there is room or
// a value, and nobody waits. False when it is not so, and nothing has been done.
inline bool AppendWord(ChanCore* chan, const void* element) {
  const size_t count = chan->count.load(std::memory_order_relaxed);
  if (!chan->words || count == chan->capacity || !chan->receivers.Empty() ||
      chan->closed.load(std::memory_order_relaxed)) {
    return false;
  }
  CopyWord(chan->WordSlot(chan->Tail()), element);
  chan->count.store(count + 1, std::memory_order_relaxed);
  return true;
}

inline bool TakeWord(ChanCore* chan, void* slot) {
  const size_t count = chan->count.load(std::memory_order_relaxed);
  if (!chan->words || count == 0 || !chan->senders.Empty()) return false;
  const size_t head = chan->head;
  CopyWord(slot, chan->WordSlot(head));
  chan->head = chan->Next(head);
  chan->count.store(count - 1, std::memory_order_relaxed);
  return true;
}

inline __attribute__((always_inline)) Attempt SendInline(ChanCore* chan, void* element,
                                                         Wakeups* wakeups) {
  if (chan->closed.load(std::memory_order_relaxed)) return Attempt::kClosed;
  if (Waiter* receiver = chan->receivers.Claim()) {
    if (chan->unbuffered) {
      HandOver(chan, &chan->receivers, receiver, receiver->element, element, wakeups);
    } else {
      SendPastBuffer(chan, receiver, element, wakeups);
    }
    return Attempt::kDone;
  }
  if (chan->Full()) return Attempt::kMustWait;

  const size_t tail = chan->Tail();
  {
    edges::WithSlot edge(chan, tail);
    chan->ops->move(chan->Slot(tail), element);
  }
  chan->count.store(chan->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return Attempt::kDone;
}

inline __attribute__((always_inline)) Attempt ReceiveInline(ChanCore* chan, void* slot,
                                                            Wakeups* wakeups) {
  const size_t count = chan->count.load(std::memory_order_relaxed);
  if (count > 0) {
    const size_t head = chan->head;
    {
      edges::WithSlot edge(chan, head);
      chan->ops->move(slot, chan->Slot(head));
      chan->ops->destroy(chan->Slot(head));
    }
    chan->head = chan->Next(head);
    chan->count.store(count - 1, std::memory_order_relaxed);
    if (!chan->senders.Empty()) MoveUpSender(chan, wakeups);
    return Attempt::kDone;
  }
  // Nothing is buffered, so a sender can wait only if there is no buffer.
  if (Waiter* sender = chan->senders.Claim()) {
    HandOver(chan, &chan->senders, sender, slot, sender->element, wakeups);
    return Attempt::kDone;
  }
  return chan->closed.load(std::memory_order_relaxed) ? Attempt::kClosed : Attempt::kMustWait;
}

}  // namespace muster::internal

#endif  // MUSTER_CHAN_TRANSFER_H_
