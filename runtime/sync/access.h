// SyncAccess: how the sources of this folder reach into the primitives.
#ifndef MUSTER_SYNC_ACCESS_H_
#define MUSTER_SYNC_ACCESS_H_

#include <cstdint>

#include "muster/record.h"
#include "muster/sync.h"

namespace muster {

namespace sched {
struct G;
}

// `pc` is the return address of the user's call: what the record shows as the place of the lock.
struct SyncAccess {
  static void Lock(Mutex& mutex, const void* pc);
  static bool TryLock(Mutex& mutex, const void* pc);
  static void Unlock(Mutex& mutex);
  static bool TakeIfFree(Mutex& mutex, uint64_t id, const void* pc, int64_t now,
                         bool* is_new = nullptr);
  static void LockSlow(Mutex& mutex, const void* pc);
  static bool Spin(Mutex& mutex, uint64_t id, const void* pc);
  static void WaitForLock(Mutex& mutex, uint64_t id, const void* pc);
  static void Queue(Mutex& mutex, internal::SyncWaiter* waiter, bool again);
  static void LeaveQueue(Mutex& mutex, internal::SyncWaiter* waiter);
  static void UnlockSlow(Mutex& mutex);
  static void Free(Mutex& mutex, uint64_t word);
  static bool HandOver(Mutex& mutex);
  static void WakeWaiter(const Mutex* mutex);

  static void Lock(RWMutex& mutex, const void* pc);
  static bool TryLock(RWMutex& mutex, const void* pc);
  static void Unlock(RWMutex& mutex);
  static void RLock(RWMutex& mutex, const void* pc);
  static bool TryRLock(RWMutex& mutex, const void* pc);
  static void RUnlock(RWMutex& mutex);
  static void LockSlow(RWMutex& mutex, const void* pc);
  static void RLockSlow(RWMutex& mutex, const void* pc);
  static void RUnlockSlow(RWMutex& mutex);
  [[noreturn]] static void PanicRUnlock(const RWMutex& mutex, bool writer_holds);
  static void LeaveRead(RWMutex& mutex);
  static void WaitForReadLock(RWMutex& mutex, internal::SyncWaiter& waiter);
  static void WaitForWriteLock(RWMutex& mutex, internal::SyncWaiter& waiter);
  static void UnlockSlow(RWMutex& mutex);
  static void HandToWriter(RWMutex& mutex);
  static void HandToWriterLocked(RWMutex& mutex);
  static void NoteIfNew(RWMutex& mutex);

  static void AddSlow(WaitGroup& group, int delta, uint64_t state);
  [[noreturn]] static void PanicAddDuringWait(WaitGroup& group, int delta);
  static void JoinBubble(WaitGroup& group);

  static const internal::SyncWaiter* Queued(const Mutex& mutex, const sched::G* g);
  static const internal::SyncWaiter* Queued(const RWMutex& mutex, const sched::G* g);
  static const internal::SyncWaiter* Queued(const WaitGroup& group, const sched::G* g);
  static const internal::SyncWaiter* Queued(const Once& once, const sched::G* g);
  static const internal::SyncWaiter* Queued(const Cond& cond, const sched::G* g);

  static void Describe(const Mutex& mutex, record::Object* object);
  static void Describe(const RWMutex& mutex, record::Object* object);
  static void Describe(const WaitGroup& group, record::Object* object);
  static void Describe(const Once& once, record::Object* object);
};

}  // namespace muster

#endif  // MUSTER_SYNC_ACCESS_H_
