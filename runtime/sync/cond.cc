// Cond: a queue of waiters in order of arrival.
//
// A waiter is queued before it unlocks L, so no Signal that comes after that unlock is lost.
// Between the unlock and its parking it may be signalled already; `parked` tells the signaller
// whether there is anybody to ready, and `granted` tells the waiter that there is nothing to park
// for.
#include <utility>

#include "muster/record.h"
#include "muster/sync.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/queue.h"

namespace muster {

using internal::AsLock;
using internal::SyncWaiter;

void Cond::Wait() {
  sched::Lock& lock = AsLock(lock_);
  SyncWaiter waiter;
  waiter.g = sched::Self();
  {
    const sched::LockGuard guard(lock);
    PushBack(queue_, &waiter);
  }
  try {
    L.Unlock();
  } catch (...) {
    // L was not locked. Leave as if never queued; a signal already received goes to the next.
    lock.Acquire();
    const bool granted = waiter.granted;
    if (!granted) Remove(queue_, &waiter);
    lock.Release();
    if (granted) Signal();
    throw;
  }
  lock.Acquire();
  if (waiter.granted) {
    lock.Release();
  } else {
    waiter.parked = true;
    sched::Park({.reason = record::WaitReason::kCondWait,
                 .kind = record::ObjectKind::kCond,
                 .durable = true,
                 .object = this},
                &sched::UnlockLock, &lock);
  }
  tsan::Acquire(this);
  L.Lock();
}

void Cond::Signal() {
  tsan::Release(this);
  sched::Lock& lock = AsLock(lock_);
  sched::G* g = nullptr;
  lock.Acquire();
  if (!Empty(queue_)) {
    SyncWaiter* waiter = PopFront(queue_);
    waiter->granted = true;
    if (waiter->parked) g = waiter->g;
  }
  lock.Release();
  if (g != nullptr) sched::Ready(g);
  sched::SchedulingPoint();
}

void Cond::Broadcast() {
  tsan::Release(this);
  sched::Lock& lock = AsLock(lock_);
  lock.Acquire();
  SyncWaiter* list = TakeAll(queue_);
  SyncWaiter* parked = nullptr;
  SyncWaiter** end = &parked;
  while (list != nullptr) {
    SyncWaiter* waiter = list;
    list = list->next;
    waiter->granted = true;
    if (!waiter->parked) continue;  // not to be touched once the lock is free
    *end = waiter;
    end = &waiter->next;
  }
  *end = nullptr;
  lock.Release();
  internal::ReadyAll(parked);
  sched::SchedulingPoint();
}

}  // namespace muster
