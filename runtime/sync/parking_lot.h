// The parking lot: where the unlock of a mutex finds out whether anybody waits, without a look at
// the mutex, which may be gone by then.
//
// It is a table of buckets, by the mutex's address. A bucket lists those mutexes that need a wake:
// waiters are queued, and none has been woken yet. A mutex may be listed only while somebody waits
// for it, and that one keeps it alive; so what is found in the list, under the bucket's lock, may
// be touched. The bucket's lock also guards the queues of waiters of all its mutexes.
#ifndef MUSTER_SYNC_PARKING_LOT_H_
#define MUSTER_SYNC_PARKING_LOT_H_

#include <atomic>
#include <cstdint>

#include "muster/sync.h"
#include "runtime/sched/lock.h"
#include "runtime/sync/queue.h"

namespace muster::internal {

struct Bucket {
  // How many mutexes are listed. Changed under the lock; read without it by whoever unlocks.
  std::atomic<uint32_t> count{0};
  sched::Lock lock;
  // Guarded by lock: for each mutex listed the first of its waiters, linked by `next_listed`.
  SyncWaiter* first = nullptr;
};

// A mutex that shares its bucket with one that is listed pays for a needless look in the list; with
// this many buckets that is rare. Pages of the table that nobody touches cost nothing.
inline constexpr uint32_t kBuckets = 4096;
extern Bucket g_buckets[kBuckets];

inline Bucket& BucketOf(const void* mutex) {
  // Neighbours in an array of mutexes get neighbours in the table. The upper bits tell apart what
  // lies at equal places of pages and of goroutines' stacks.
  const auto address = reinterpret_cast<uintptr_t>(mutex);
  return g_buckets[((address >> 5) ^ (address >> 17)) % kBuckets];
}

// All under the bucket's lock. `first` is the first waiter in the queue of its mutex.
inline void List(Bucket& bucket, SyncWaiter* first) {
  first->next_listed = bucket.first;
  bucket.first = first;
  // Relaxed, here and below: mutex.cc has the fences.
  bucket.count.store(bucket.count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// The first waiter of `mutex` if that is listed, else nullptr. Does not touch the mutex.
inline SyncWaiter* FindListed(const Bucket& bucket, const Mutex* mutex) {
  SyncWaiter* waiter = bucket.first;
  while (waiter != nullptr && waiter->mutex != mutex) waiter = waiter->next_listed;
  return waiter;
}

// `first` must be listed.
inline void Unlist(Bucket& bucket, SyncWaiter* first) {
  SyncWaiter** link = &bucket.first;
  while (*link != first) link = &(*link)->next_listed;
  *link = first->next_listed;
  bucket.count.store(bucket.count.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

}  // namespace muster::internal

#endif  // MUSTER_SYNC_PARKING_LOT_H_
