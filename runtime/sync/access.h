// SyncAccess: how the sources of this folder reach into the primitives.
#ifndef MUSTER_SYNC_ACCESS_H_
#define MUSTER_SYNC_ACCESS_H_

#include "muster/record.h"
#include "muster/sync.h"

namespace muster {

// `pc` is the return address of the user's call: what the record shows as the place of the lock.
struct SyncAccess {
  static void Lock(Mutex& mutex, const void* pc);
  static bool TryLock(Mutex& mutex, const void* pc);
  static void Unlock(Mutex& mutex);
  static void LockSlow(Mutex& mutex, internal::SyncWaiter& waiter);
  static void UnlockSlow(Mutex& mutex);

  static void Lock(RWMutex& mutex, const void* pc);
  static bool TryLock(RWMutex& mutex, const void* pc);
  static void Unlock(RWMutex& mutex);
  static void RLock(RWMutex& mutex, const void* pc);
  static bool TryRLock(RWMutex& mutex, const void* pc);
  static void RUnlock(RWMutex& mutex);
  static void WaitForReadLock(RWMutex& mutex, internal::SyncWaiter& waiter);
  static void WaitForWriteLock(RWMutex& mutex, internal::SyncWaiter& waiter);
  static void UnlockSlow(RWMutex& mutex);
  static void HandToWriter(RWMutex& mutex);

  static void Describe(const Mutex& mutex, record::Object* object);
  static void Describe(const RWMutex& mutex, record::Object* object);
  static void Describe(const WaitGroup& group, record::Object* object);
  static void Describe(const Once& once, record::Object* object);
};

}  // namespace muster

#endif  // MUSTER_SYNC_ACCESS_H_
