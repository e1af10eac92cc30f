// Who is queued on a primitive, for the search for leaks.
#include "runtime/reach/waiting.h"
#include "runtime/sync/access.h"
#include "runtime/sync/parking_lot.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace {

bool Holds(const internal::SyncQueue& queue, const sched::G* g) {
  if (internal::Empty(queue)) return false;
  const internal::SyncWaiter* waiter = queue.tail;
  do {
    if (waiter->g == g) return true;
    waiter = waiter->next;
  } while (waiter != queue.tail && waiter != nullptr);
  return false;
}

// A zeroed Lock is a free one: see queue.h.
bool LooksFree(const internal::QueueLock& lock) {
  return lock.word.load(std::memory_order_relaxed) == 0;
}

}  // namespace

bool SyncAccess::Queued(const Mutex& mutex, const sched::G* g) {
  return internal::BucketOf(&mutex).lock.LooksFree() && Holds(mutex.queue_, g);
}

bool SyncAccess::Queued(const RWMutex& mutex, const sched::G* g) {
  return LooksFree(mutex.lock_) && (Holds(mutex.readers_, g) || Holds(mutex.writers_, g));
}

bool SyncAccess::Queued(const WaitGroup& group, const sched::G* g) {
  return LooksFree(group.lock_) && Holds(group.queue_, g);
}

bool SyncAccess::Queued(const Once& once, const sched::G* g) {
  return LooksFree(once.lock_) && Holds(once.queue_, g);
}

bool SyncAccess::Queued(const Cond& cond, const sched::G* g) {
  return LooksFree(cond.lock_) && Holds(cond.queue_, g);
}

namespace reach {

bool QueuedOnMutex(const void* mutex, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const Mutex*>(mutex), g);
}
bool QueuedOnRWMutex(const void* mutex, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const RWMutex*>(mutex), g);
}
bool QueuedOnWaitGroup(const void* group, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const WaitGroup*>(group), g);
}
bool QueuedOnOnce(const void* once, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const Once*>(once), g);
}
bool QueuedOnCond(const void* cond, const sched::G* g) {
  return SyncAccess::Queued(*static_cast<const Cond*>(cond), g);
}

}  // namespace reach
}  // namespace muster
