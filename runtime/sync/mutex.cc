// Mutex: one state word, and a queue for those that must wait.
//
// Invariants:
//  - kQueued is set exactly when the queue is not empty. Both change under lock_ only.
//  - kWoken is set from when a waiter has been woken to contend for the lock until it has taken it
//    or is queued again. While it is set no other waiter is woken, so an unlocker needs no lock_.
//  - If the mutex is free and waiters are queued, kWoken is set: someone is on the way who will
//  wake
//    the next one.
//  - Only the holder clears kLocked; a lock that is handed over keeps it set throughout.
//
// Fairness: a woken waiter may lose to newcomers, which keeps short critical sections from costing
// a switch each. It then waits at the head of the queue with its first arrival time; an unlocker
// that finds the head to have waited for more than kStarvingNs hands the lock over instead of
// freeing it.
//
// Destruction right after the last Unlock is safe: an unlocker that needs lock_ has a waiter to
// wake, who needs the mutex after it.
#include <cstdint>

#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "runtime/record/describe.h"
#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/access.h"
#include "runtime/sync/lock_record.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace {

using internal::AsLock;
using internal::SyncWaiter;

constexpr uint32_t kLocked = 1;
constexpr uint32_t kWoken = 2;
constexpr uint32_t kQueued = 4;

constexpr int64_t kStarvingNs = 1'000'000;  // Go's value

constexpr record::Direction kNoDirection = record::Direction::kNone;

}  // namespace

void SyncAccess::Lock(Mutex& mutex, const void* pc) {
  sched::SchedulingPoint();
  const uint64_t id = sched::Id(sched::Self());
  uint32_t state = 0;
  // Acquire pairs with the releasing stores of Unlock, here and below.
  if (mutex.state_.compare_exchange_strong(state, kLocked, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
    internal::NoteOwner(mutex.record_, id, pc);
  } else {
    SyncWaiter waiter;
    waiter.id = id;
    waiter.pc = pc;
    LockSlow(mutex, waiter);
  }
  tsan::Acquire(&mutex);
  record::Observe(&hooks::Observers::on_lock, id, static_cast<const void*>(&mutex), kNoDirection);
}

void SyncAccess::LockSlow(Mutex& mutex, SyncWaiter& waiter) {
  sched::Lock& lock = AsLock(mutex.lock_);
  waiter.g = sched::Self();
  bool woken = false;
  for (;;) {
    lock.Acquire();
    const uint32_t clear = woken ? kWoken : 0;
    uint32_t state = mutex.state_.load(std::memory_order_relaxed);
    uint32_t next = 0;
    do {
      next = (state & ~clear) | ((state & kLocked) != 0 ? kQueued : kLocked);
    } while (!mutex.state_.compare_exchange_weak(state, next, std::memory_order_acquire,
                                                 std::memory_order_relaxed));
    if ((state & kLocked) == 0) {
      lock.Release();
      internal::NoteOwner(mutex.record_, waiter.id, waiter.pc);
      return;
    }
    if (woken) {
      PushFront(mutex.queue_, &waiter);
    } else {
      waiter.since_ns = sched::NowNanos();
      PushBack(mutex.queue_, &waiter);
    }
    sched::Park({.reason = record::WaitReason::kMutexLock,
                 .kind = record::ObjectKind::kMutex,
                 .direction = kNoDirection,
                 .object = &mutex},
                &sched::UnlockLock, &lock);
    if (waiter.granted) return;
    woken = true;
  }
}

bool SyncAccess::TryLock(Mutex& mutex, const void* pc) {
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  do {
    if ((state & kLocked) != 0) {
      sched::BusyPoint();
      return false;
    }
  } while (!mutex.state_.compare_exchange_weak(state, state | kLocked, std::memory_order_acquire,
                                               std::memory_order_relaxed));
  const uint64_t id = sched::Id(sched::Self());
  internal::NoteOwner(mutex.record_, id, pc);
  tsan::Acquire(&mutex);
  record::Observe(&hooks::Observers::on_lock, id, static_cast<const void*>(&mutex), kNoDirection);
  return true;
}

void SyncAccess::Unlock(Mutex& mutex) {
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  if ((state & kLocked) == 0) {
    internal::PanicUnlock("sync: unlock of unlocked mutex", &mutex, mutex.record_);
  }
  record::Observe(&hooks::Observers::on_unlock, sched::Id(sched::Self()),
                  static_cast<const void*>(&mutex), kNoDirection);
  internal::NoteRelease(mutex.record_);
  tsan::Release(&mutex);
  for (;;) {
    if ((state & (kQueued | kWoken)) == kQueued) {
      UnlockSlow(mutex);
      break;
    }
    if (mutex.state_.compare_exchange_weak(state, state & ~kLocked, std::memory_order_release,
                                           std::memory_order_relaxed)) {
      break;
    }
  }
  // The mutex may be gone by now.
  sched::SchedulingPoint();
}

void SyncAccess::UnlockSlow(Mutex& mutex) {
  sched::Lock& lock = AsLock(mutex.lock_);
  const int64_t now = sched::NowNanos();
  lock.Acquire();
  if (Empty(mutex.queue_)) {  // only when two goroutines unlock at once
    mutex.state_.fetch_and(~kLocked, std::memory_order_release);
    lock.Release();
    return;
  }
  SyncWaiter* waiter = PopFront(mutex.queue_);
  sched::G* g = waiter->g;
  const uint32_t queued = Empty(mutex.queue_) ? 0 : kQueued;
  const bool hand_over = now - waiter->since_ns > kStarvingNs;
  if (hand_over) {
    waiter->granted = true;
    internal::NoteOwner(mutex.record_, waiter->id, waiter->pc);
  }
  // A plain store: the others change the word only when kLocked is clear, or under lock_.
  mutex.state_.store(queued | (hand_over ? kLocked : kWoken), std::memory_order_release);
  lock.Release();
  sched::Ready(g);
  // The new holder has waited long enough; let it run now.
  if (hand_over) runtime::Gosched();
}

void SyncAccess::Describe(const Mutex& mutex, record::Object* object) {
  internal::Describe(mutex.record_, object);
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
