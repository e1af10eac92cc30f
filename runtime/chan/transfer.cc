#include "runtime/chan/transfer.h"

namespace muster::internal {
void PutBack(WaitQueue* queue, Waiter* waiter, Wakeups* wakeups) {
  if (waiter->group == nullptr) {
    queue->PushFront(waiter);
  } else {
    wakeups->Add(waiter, Outcome::kRetry);
  }
}

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

Attempt SendNow(ChanCore* chan, void* element, Wakeups* wakeups) {
  return SendInline(chan, element, wakeups);
}

Attempt ReceiveNow(ChanCore* chan, void* slot, Wakeups* wakeups) {
  return ReceiveInline(chan, slot, wakeups);
}

}  // namespace muster::internal
