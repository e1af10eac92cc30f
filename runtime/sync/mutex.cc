// Mutex: one word that is the lock and the record of its owner, and a queue for those that wait.
//
// A locked instruction costs about as much as all the rest of an uncontended Lock and Unlock. Lock
// needs one; Unlock is a plain store, after which it must find out whether anybody waits. It cannot
// look at the mutex for that: the next holder may already have destroyed it. So it looks at the
// parking lot (parking_lot.h).
//
// Invariants, under the bucket's lock, which guards queue_, woken_ and the list:
//  - woken_ is set from when a waiter has been woken to contend for the lock until it has taken it
//    or is queued again. No other waiter is woken meanwhile.
//  - The mutex is listed exactly when waiters are queued and woken_ is not set.
//  - starving_ is set only while the first in the queue has been woken before and has waited for
//    more than kStarvingNs. Then the holder hands the lock over instead of freeing it.
//
// No wake-up is lost. A waiter that gets the mutex listed (A) then looks at the word (B) and parks
// if it is locked; an unlock stores the word (C) and then looks whether anything is listed (D). One
// of B and D must see the other side's store, whoever holds the lock when B looks. contended_ says
// how: it is a number that waiters set and unlocks count down, so that fences are paid for while
// there is contention and some time after. After A, and a fence, a waiter looks at it:
//  - It finds 0: it sets the number and makes every running thread execute a fence (HeavyBarrier),
//    the other side of the LightBarrier in Unlock. If the holder's comes after C, B sees C. If
//    before, then D comes after it and sees A. Whoever locks after B has looked sees both A and
//    the number, by the same argument: its fence comes before its locking, for B did not see that.
//  - It finds another value, an earlier waiter's. That one is no longer listed, or this one would
//    not be; so who held the lock then has freed it, and the holder of now has seen the number. It
//    puts a fence between C and D, which pairs with the waiter's between A and B. Or it has found
//    that an unlock had counted the number down since. That unlock's fence comes after the
//    waiter's, which had not seen the last count; and the holder has locked after that unlock, so
//    it sees A.
// What is listed stays so until an unlock finds it; an unlock that finds the mutex locked again
// leaves it to that holder.
//
// Fairness: a woken waiter may lose to newcomers, which keeps short critical sections from costing
// a switch each. It then waits at the head of the queue, with its first arrival time.
//
// Destruction right after the last Unlock is safe: once the word is free an unlock touches only the
// parking lot, and the mutex only if it is listed.
#include <cstdint>

#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "runtime/record/contention.h"
#include "runtime/record/describe.h"
#include "runtime/record/lock_order.h"
#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asymmetric.h"
#include "runtime/sched/give_way.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sched/schedule.h"
#include "runtime/sync/access.h"
#include "runtime/sync/caller.h"
#include "runtime/sync/lock_record.h"
#include "runtime/sync/parking_lot.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace internal {

constinit Bucket g_buckets[kBuckets];

}  // namespace internal

namespace {

using internal::Bucket;
using internal::BucketOf;
using internal::SyncWaiter;

// The word: kLocked, and above it the id of who holds it or has held it last.
constexpr uint64_t kLocked = 1;
constexpr int kIdShift = 1;

constexpr int64_t kStarvingNs = 1'000'000;  // Go's value

// How many unlocks pay for a fence (5 ns) after contention. The barrier that the next contention
// costs if it comes later than that takes about as long as 2000 of them.
constexpr uint32_t kContendedUnlocks = 4096;

constexpr record::Direction kNoDirection = record::Direction::kNone;

void ReportLock(uint64_t id, const Mutex& mutex, const void* pc, record::Taking taking,
                bool is_new) {
  record::Observe(&hooks::Observers::on_lock, id, static_cast<const void*>(&mutex), kNoDirection);
  if (record::LockOrderIsOn()) {
    if (is_new) record::NoteNewLock(&mutex);
    record::NoteLocked(&mutex, record::ObjectKind::kMutex, kNoDirection, pc, taking);
  }
}

void ReportUnlock(const Mutex& mutex, uint64_t holder) {
  record::Observe(&hooks::Observers::on_unlock, internal::CallerId(),
                  static_cast<const void*>(&mutex), kNoDirection);
  if (record::LockOrderIsOn()) record::NoteUnlocked(&mutex, holder);
}

}  // namespace

inline bool SyncAccess::TakeIfFree(Mutex& mutex, uint64_t id, const void* pc, int64_t now,
                                   bool* is_new) {
  uint64_t word = mutex.word_.load(std::memory_order_relaxed);
  // Acquire pairs with the releasing stores of Unlock and HandOver.
  if ((word & kLocked) != 0 ||
      !mutex.word_.compare_exchange_strong(word, id << kIdShift | kLocked,
                                           std::memory_order_acquire, std::memory_order_relaxed)) {
    return false;
  }
  // Relaxed: a capture reads each field by itself, and the holder's own order is the lock's.
  mutex.since_ns_.store(now, std::memory_order_relaxed);
  mutex.pc_.store(pc, std::memory_order_relaxed);
  if (is_new != nullptr) *is_new = word == 0;  // else it has the id of the last holder
  return true;
}

inline void SyncAccess::Lock(Mutex& mutex, const void* pc) {
  const sched::G* g = internal::UndisturbedCaller();
  const int64_t now = sched::g_coarse_ns.load(std::memory_order_relaxed);
  if (__builtin_expect(g != nullptr && now != 0 && TakeIfFree(mutex, g->id, pc, now), 1)) {
    tsan::Acquire(&mutex);
  } else {
    LockSlow(mutex, pc);
  }
}

__attribute__((noinline)) void SyncAccess::LockSlow(Mutex& mutex, const void* pc) {
  sched::SchedulingPoint();
  const uint64_t id = internal::CallerId();
  bool is_new = false;
  if (!TakeIfFree(mutex, id, pc, sched::CoarseNanos(), &is_new)) WaitForLock(mutex, id, pc);
  tsan::Acquire(&mutex);
  ReportLock(id, mutex, pc, record::Taking::kWaiting, is_new);
}

bool SyncAccess::Spin(Mutex& mutex, uint64_t id, const void* pc) {
  return sched::TakeGivingWay(sched::CurrentM(),
                              [&] { return TakeIfFree(mutex, id, pc, sched::CoarseNanos()); });
}

void SyncAccess::WaitForLock(Mutex& mutex, uint64_t id, const void* pc) {
  if (Spin(mutex, id, pc)) return;
  SyncWaiter waiter;
  waiter.g = sched::Self();
  waiter.id = id;
  waiter.pc = pc;
  waiter.mutex = &mutex;
  sched::Lock& lock = BucketOf(&mutex).lock;
  for (bool woken = false;; woken = true) {
    const bool taken = woken && Spin(mutex, id, pc);
    lock.Acquire();
    Queue(mutex, &waiter, woken);
    if (taken || TakeIfFree(mutex, id, pc, sched::CoarseNanos())) {
      LeaveQueue(mutex, &waiter);
      lock.Release();
      return;
    }
    sched::Park({.reason = record::WaitReason::kMutexLock,
                 .kind = record::ObjectKind::kMutex,
                 .direction = kNoDirection,
                 .object = &mutex},
                &sched::UnlockLock, &lock);
    if (waiter.granted) return;
  }
}

// Queues the waiter, again if it has been woken. When the caller then looks at the word, it may
// rely on what is said at the top.
void SyncAccess::Queue(Mutex& mutex, SyncWaiter* waiter, bool again) {
  const int64_t now = sched::SchedulerNanos();
  waiter->queued_ns = now;
  if (again) {
    mutex.woken_ = false;
    PushFront(mutex.queue_, waiter);
    if (now - waiter->since_ns > kStarvingNs) {
      mutex.starving_.store(true, std::memory_order_relaxed);
    }
  } else {
    waiter->since_ns = now;
    PushBack(mutex.queue_, waiter);
  }
  // Else it is listed by the one in front, or will be once the woken one is queued or has the lock.
  if (mutex.woken_ || Front(mutex.queue_) != waiter) return;
  List(BucketOf(&mutex), waiter);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const uint32_t contended = mutex.contended_.load(std::memory_order_relaxed);
  mutex.contended_.store(kContendedUnlocks, std::memory_order_relaxed);
  if (contended == 0) sched::HeavyBarrier();
}

// Takes out a waiter that has got the lock by itself.
void SyncAccess::LeaveQueue(Mutex& mutex, SyncWaiter* waiter) {
  Bucket& bucket = BucketOf(&mutex);
  const bool listed = !mutex.woken_ && Front(mutex.queue_) == waiter;
  if (listed) Unlist(bucket, waiter);
  Remove(mutex.queue_, waiter);
  if (!listed) return;
  mutex.starving_.store(false, std::memory_order_relaxed);
  if (!Empty(mutex.queue_)) List(bucket, Front(mutex.queue_));
}

bool SyncAccess::TryLock(Mutex& mutex, const void* pc) {
  sched::SchedulingPoint();
  const uint64_t id = internal::CallerId();
  bool is_new = false;
  if (!TakeIfFree(mutex, id, pc, sched::CoarseNanos(), &is_new)) {
    sched::BusyPoint();
    return false;
  }
  tsan::Acquire(&mutex);
  ReportLock(id, mutex, pc, record::Taking::kTrying, is_new);
  return true;
}

inline void SyncAccess::Unlock(Mutex& mutex) {
  const uint64_t word = mutex.word_.load(std::memory_order_relaxed);
  if (__builtin_expect((word & kLocked) == 0 || internal::Disturbed() ||
                           mutex.contended_.load(std::memory_order_relaxed) != 0,
                       0)) {
    UnlockSlow(mutex);
    return;
  }
  tsan::Release(&mutex);
  const Bucket& bucket = BucketOf(&mutex);
  mutex.word_.store(word & ~kLocked, std::memory_order_release);
  // The mutex may be gone from here on. The other side is the HeavyBarrier in Queue.
  sched::LightBarrier();
  if (__builtin_expect(bucket.count.load(std::memory_order_relaxed) != 0, 0)) WakeWaiter(&mutex);
}

__attribute__((noinline)) void SyncAccess::UnlockSlow(Mutex& mutex) {
  const uint64_t word = mutex.word_.load(std::memory_order_relaxed);
  if ((word & kLocked) == 0) {
    internal::PanicUnlock("sync: unlock of unlocked mutex", record::ObjectKind::kMutex, &mutex,
                          word >> kIdShift, mutex.pc_.load(std::memory_order_relaxed));
  }
  ReportUnlock(mutex, word >> kIdShift);
  tsan::Release(&mutex);
  if (!mutex.starving_.load(std::memory_order_relaxed) || !HandOver(mutex)) Free(mutex, word);
  if (sched::ScheduleSeed() != 0) sched::SchedulingPoint();
}

void SyncAccess::Free(Mutex& mutex, uint64_t word) {
  const Bucket& bucket = BucketOf(&mutex);
  if (const uint32_t contended = mutex.contended_.load(std::memory_order_relaxed)) {
    mutex.contended_.store(contended - 1, std::memory_order_relaxed);
  }
  mutex.word_.store(word & ~kLocked, std::memory_order_release);
  // The mutex may be gone from here on. The other side is the fence in Queue.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (bucket.count.load(std::memory_order_relaxed) != 0) WakeWaiter(&mutex);
}

// Makes the first waiter the holder in the caller's stead; false if none is starving after all.
bool SyncAccess::HandOver(Mutex& mutex) {
  Bucket& bucket = BucketOf(&mutex);
  const int64_t now = sched::SchedulerNanos();
  bucket.lock.Acquire();
  if (!mutex.starving_.load(std::memory_order_relaxed)) {
    bucket.lock.Release();
    return false;
  }
  Unlist(bucket, Front(mutex.queue_));
  SyncWaiter* waiter = PopFront(mutex.queue_);
  sched::G* g = waiter->g;
  const int64_t waited = now - waiter->queued_ns;
  waiter->granted = true;
  mutex.since_ns_.store(sched::CoarseNanos(), std::memory_order_relaxed);
  mutex.pc_.store(waiter->pc, std::memory_order_relaxed);
  mutex.word_.store(waiter->id << kIdShift | kLocked, std::memory_order_release);
  bool starving = false;
  if (!Empty(mutex.queue_)) {
    SyncWaiter* next = Front(mutex.queue_);
    starving = now - next->since_ns > kStarvingNs;
    List(bucket, next);
  }
  mutex.starving_.store(starving, std::memory_order_relaxed);
  bucket.lock.Release();
  if (record::ProfilesMutexes()) record::NoteContention(1, waited);
  sched::Ready(g);
  // The new holder has waited long enough; let it run now.
  runtime::Gosched();
  return true;
}

// Wakes the first waiter of a free mutex if that is listed; else the mutex may be gone.
__attribute__((noinline)) void SyncAccess::WakeWaiter(const Mutex* address) {
  Bucket& bucket = BucketOf(address);
  bucket.lock.Acquire();
  SyncWaiter* waiter = FindListed(bucket, address);
  if (waiter == nullptr || (address->word_.load(std::memory_order_relaxed) & kLocked) != 0) {
    bucket.lock.Release();
    return;
  }
  Mutex& mutex = *const_cast<Mutex*>(address);
  Unlist(bucket, waiter);
  PopFront(mutex.queue_);
  mutex.woken_ = true;
  mutex.starving_.store(false, std::memory_order_relaxed);
  sched::G* g = waiter->g;
  const int64_t queued = waiter->queued_ns;
  bucket.lock.Release();
  if (record::ProfilesMutexes()) record::NoteContention(1, sched::SchedulerNanos() - queued);
  sched::Ready(g);
}

void SyncAccess::Describe(const Mutex& mutex, record::Object* object) {
  const uint64_t word = mutex.word_.load(std::memory_order_relaxed);
  if ((word & kLocked) == 0) return;
  object->owner_id = word >> kIdShift;
  object->owned_since_ns = mutex.since_ns_.load(std::memory_order_relaxed);
  object->acquired_at = reinterpret_cast<uint64_t>(mutex.pc_.load(std::memory_order_relaxed));
}

// The public calls stay out of line under LTO as well: their return address is the user's code.
__attribute__((noinline)) void Mutex::Lock() {
  SyncAccess::Lock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) bool Mutex::TryLock() {
  return SyncAccess::TryLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) void Mutex::Unlock() { SyncAccess::Unlock(*this); }
__attribute__((noinline)) void Mutex::lock() {
  SyncAccess::Lock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) bool Mutex::try_lock() {
  return SyncAccess::TryLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) void Mutex::unlock() { SyncAccess::Unlock(*this); }

namespace record {
void DescribeMutex(const void* address, Object* object) {
  SyncAccess::Describe(*static_cast<const Mutex*>(address), object);
}
}  // namespace record

}  // namespace muster
