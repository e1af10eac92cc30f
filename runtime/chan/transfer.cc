// How values change hands: everything that happens to a channel under its lock.
#include <exception>

#include "runtime/chan/chan_core.h"
#include "runtime/chan/edges.h"

namespace muster::internal {
namespace {

// After a throwing move: the one that waits must not be lost. A plain waiter goes back to where it
// was. A select cannot: others may have dropped its cases since it was claimed, so it is woken to
// begin anew.
void PutBack(WaitQueue* queue, Waiter* waiter, Wakeups* wakeups) {
  if (waiter->group == nullptr) {
    queue->PushFront(waiter);
  } else {
    wakeups->Add(waiter, Outcome::kRetry);
  }
}

// Moves a value straight between the caller and a claimed waiter of an unbuffered channel.
void HandOver(ChanCore* chan, WaitQueue* queue, Waiter* waiter, void* to, void* from,
              Wakeups* wakeups) {
  try {
    edges::WithWaiter edge(waiter);
    chan->ops->move(to, from);
  } catch (...) {
    PutBack(queue, waiter, wakeups);
    throw;
  }
  wakeups->Add(waiter, Outcome::kDone);
}

// Moves a value straight to a claimed receiver of an empty buffered channel, as if it had passed
// through the buffer: the slot that it would have used is skipped, so that the slots' clocks order
// the k-th receive before the (k + capacity)-th send here too.
void SendPastBuffer(ChanCore* chan, Waiter* receiver, void* element, Wakeups* wakeups) {
  try {
    edges::HiddenMove hidden;
    chan->ops->move(receiver->element, element);
  } catch (...) {
    PutBack(&chan->receivers, receiver, wakeups);
    throw;
  }
  const size_t slot = chan->head;
  chan->head = chan->Next(slot);
  { edges::WithSlot edge(chan, slot); }
  edges::LeaveClockInSlot(chan, slot, receiver);
  wakeups->Add(receiver, Outcome::kDone);
}

// A receive has made room: the first sender that waits moves up. One whose value's move throws is
// woken to try for itself, where the exception belongs, and the next one is served.
void MoveUpSender(ChanCore* chan, Wakeups* wakeups) {
  while (Waiter* sender = chan->senders.Claim()) {
    const size_t tail = chan->Tail();
    try {
      edges::HiddenMove hidden;
      chan->ops->move(chan->Slot(tail), sender->element);
    } catch (...) {
      HandReference(chan, sender);
      wakeups->Add(sender, Outcome::kRetry);
      continue;
    }
    chan->count.store(chan->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    edges::LeaveClockInSlot(chan, tail, sender);
    wakeups->Add(sender, Outcome::kDone);
    return;
  }
}

}  // namespace

Attempt SendNow(ChanCore* chan, void* element, Wakeups* wakeups) {
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

Attempt ReceiveNow(ChanCore* chan, void* slot, Wakeups* wakeups) {
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
    MoveUpSender(chan, wakeups);
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
