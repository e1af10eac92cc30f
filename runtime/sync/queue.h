// What the sync primitives share: their queues of waiters, and the runtime's lock inside them.
//
// A SyncWaiter lives on the stack of the one that waits and is linked into one queue, under that
// primitive's QueueLock. Who unlinks it, under the lock, owes it exactly one Ready, after releasing
// the lock; the waiter is gone as soon as it has been readied, and maybe the primitive with it.
#ifndef MUSTER_SYNC_QUEUE_H_
#define MUSTER_SYNC_QUEUE_H_

#include <cstdint>

#include "muster/sync.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/park.h"

namespace muster::internal {

struct SyncWaiter {
  sched::G* g = nullptr;
  SyncWaiter* next = nullptr;
  uint64_t id = 0;
  const void* pc = nullptr;  // locks: the return address of the locking call
  bool granted = false;      // the waker has given it what it waits for
  bool parked = false;       // Cond: it is parked, or will be when the lock is free
  // ---- Mutex only
  const Mutex* mutex = nullptr;
  int64_t since_ns = 0;               // when it began to wait
  int64_t queued_ns = 0;              // when it was queued last
  SyncWaiter* next_listed = nullptr;  // see parking_lot.h
};

// The public header gives the runtime's lock a room of its size; here it moves in. Nobody else ever
// touches those bytes, and a zeroed Lock is a free one.
inline sched::Lock& AsLock(QueueLock& room) {
  static_assert(sizeof(sched::Lock) == sizeof(QueueLock));
  static_assert(alignof(sched::Lock) <= alignof(QueueLock));
  return *reinterpret_cast<sched::Lock*>(&room);
}

inline bool Empty(const SyncQueue& queue) { return queue.tail == nullptr; }

inline SyncWaiter* Front(const SyncQueue& queue) { return queue.tail->next; }

inline void PushFront(SyncQueue& queue, SyncWaiter* waiter) {
  if (Empty(queue)) {
    queue.tail = waiter->next = waiter;
  } else {
    waiter->next = queue.tail->next;
    queue.tail->next = waiter;
  }
}

inline void PushBack(SyncQueue& queue, SyncWaiter* waiter) {
  PushFront(queue, waiter);
  queue.tail = waiter;
}

// The queue must not be empty.
inline SyncWaiter* PopFront(SyncQueue& queue) {
  SyncWaiter* first = queue.tail->next;
  if (first == queue.tail) {
    queue.tail = nullptr;
  } else {
    queue.tail->next = first->next;
  }
  first->next = nullptr;
  return first;
}

// Unlinks `waiter`, which must be in the queue.
inline void Remove(SyncQueue& queue, SyncWaiter* waiter) {
  SyncWaiter* before = queue.tail;
  while (before->next != waiter) before = before->next;
  if (before == waiter) {
    queue.tail = nullptr;
  } else {
    before->next = waiter->next;
    if (queue.tail == waiter) queue.tail = before;
  }
}

// Detaches all waiters as a list that ends in nullptr.
inline SyncWaiter* TakeAll(SyncQueue& queue) {
  if (Empty(queue)) return nullptr;
  SyncWaiter* first = queue.tail->next;
  queue.tail->next = nullptr;
  queue.tail = nullptr;
  return first;
}

// Readies a detached list, first come first.
inline void ReadyAll(SyncWaiter* list) {
  while (list != nullptr) {
    sched::G* g = list->g;
    list = list->next;  // read before Ready: afterwards the waiter is gone
    sched::Ready(g);
  }
}

}  // namespace muster::internal

#endif  // MUSTER_SYNC_QUEUE_H_
