// Who is queued on a primitive, for the search for leaks.
#include "runtime/reach/waiting.h"
#include "runtime/sync/access.h"
#include "runtime/sync/parking_lot.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace {

const internal::SyncWaiter* Find(const internal::SyncQueue& queue, const sched::G* g) {
  if (internal::Empty(queue)) return nullptr;
  const internal::SyncWaiter* waiter = queue.tail;
  do {
    if (waiter->g == g) return waiter;
    waiter = waiter->next;
  } while (waiter != queue.tail && waiter != nullptr);
  return nullptr;
}

// A zeroed Lock is a free one: see queue.h.
bool LooksFree(const internal::QueueLock& lock) {
  return lock.word.load(std::memory_order_relaxed) == 0;
}

}  // namespace

const internal::SyncWaiter* SyncAccess::Queued(const Mutex& mutex, const sched::G* g) {
  return internal::BucketOf(&mutex).lock.LooksFree() ? Find(mutex.queue_, g) : nullptr;
}

const internal::SyncWaiter* SyncAccess::Queued(const RWMutex& mutex, const sched::G* g) {
  if (!LooksFree(mutex.lock_)) return nullptr;
  const internal::SyncWaiter* reader = Find(mutex.readers_, g);
  return reader != nullptr ? reader : Find(mutex.writers_, g);
}

const internal::SyncWaiter* SyncAccess::Queued(const WaitGroup& group, const sched::G* g) {
  return LooksFree(group.lock_) ? Find(group.queue_, g) : nullptr;
}

const internal::SyncWaiter* SyncAccess::Queued(const Once& once, const sched::G* g) {
  return LooksFree(once.lock_) ? Find(once.queue_, g) : nullptr;
}

const internal::SyncWaiter* SyncAccess::Queued(const Cond& cond, const sched::G* g) {
  return LooksFree(cond.lock_) ? Find(cond.queue_, g) : nullptr;
}

namespace reach {

const void* QueuedOnMutex(const void* mutex, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const Mutex*>(mutex), g);
}
const void* QueuedOnRWMutex(const void* mutex, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const RWMutex*>(mutex), g);
}
const void* QueuedOnWaitGroup(const void* group, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const WaitGroup*>(group), g);
}
const void* QueuedOnOnce(const void* once, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const Once*>(once), g);
}
const void* QueuedOnCond(const void* cond, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const Cond*>(cond), g);
}

}  // namespace reach
}  // namespace muster
