// RWMutex: one state word, a queue of readers and a queue of writers.
//
// Invariants:
//  - kWriter: a writer holds it; then the count of readers is zero.
//  - kPending is set exactly when writers are queued, kReadersQueued when readers are. All of this
//    changes under lock_ only, and readers are queued only while kWriter or kPending is set.
//  - While kWriter or kPending is set, no new reader gets in.
//
// Nobody who was queued contends again: the lock is always handed over. A writer's unlock admits
// every reader queued by then, else the next writer; the last reader's unlock admits the next
// writer. So readers and writers alternate when both wait, and neither starves.
//
// TSan: two addresses, as in Go. Readers acquire what writers released, and release to an address
// that only writers acquire, so that they are not ordered among themselves.
#include <cstdint>

#include "muster/record.h"
#include "muster/sync.h"
#include "runtime/record/contention.h"
#include "runtime/record/describe.h"
#include "runtime/record/lock_order.h"
#include "runtime/record/misuse.h"
#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/held.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/access.h"
#include "runtime/sync/caller.h"
#include "runtime/sync/lock_record.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace {

using internal::AsLock;
using internal::SyncWaiter;
using record::Direction;

constexpr uint32_t kWriter = 1;
constexpr uint32_t kPending = 2;
constexpr uint32_t kReadersQueued = 4;
constexpr uint32_t kReader = 8;  // one reader; the count is above the flags

// Whether held[0] is all that is noted of what it holds.
bool HoldsOneRead(const sched::G& g) {
  static_assert(sched::kMaxHeldReads == 4);
  return g.held[1].lock == nullptr && g.held[2].lock == nullptr && g.held[3].lock == nullptr;
}

SyncWaiter MakeWaiter(const void* pc) {
  SyncWaiter waiter;
  waiter.g = sched::Self();
  waiter.id = sched::Id(waiter.g);
  waiter.pc = pc;
  if (record::ProfilesMutexes()) waiter.queued_ns = sched::NowNanos();
  return waiter;
}

// A waiter that came before the mutex profile was turned on has no time.
int64_t WaitOf(int64_t queued_ns, int64_t now) { return queued_ns == 0 ? 0 : now - queued_ns; }

void ChargeWaits(int64_t queued_ns) {
  record::NoteContention(1, WaitOf(queued_ns, sched::NowNanos()));
}

// The same of all waiters of a detached list, to the one unlock that admits them.
void ChargeWaits(const SyncWaiter* list) {
  const int64_t now = sched::NowNanos();
  int waiters = 0;
  int64_t waited = 0;
  for (; list != nullptr; list = list->next) {
    ++waiters;
    waited += WaitOf(list->queued_ns, now);
  }
  record::NoteContention(waiters, waited);
}

void ReportLock(uint64_t id, const RWMutex& mutex, Direction direction, const void* pc,
                record::Taking taking) {
  record::Observe(&hooks::Observers::on_lock, id, static_cast<const void*>(&mutex), direction);
  if (record::LockOrderIsOn()) {
    record::NoteLocked(&mutex, record::ObjectKind::kRWMutex, direction, pc, taking);
  }
}

// `holder` as in NoteUnlocked.
void ReportUnlock(const RWMutex& mutex, Direction direction, uint64_t holder) {
  if (record::g_watched.load(std::memory_order_relaxed) == 0) return;
  record::Observe(&hooks::Observers::on_unlock, internal::CallerId(),
                  static_cast<const void*>(&mutex), direction);
  if (record::LockOrderIsOn()) record::NoteUnlocked(&mutex, holder);
}

}  // namespace

// The caller has got the lock, and has not noted itself as its owner yet. One that has only been
// read has no owner to tell that it is not new, so that is noted in the owner's place.
void SyncAccess::NoteIfNew(RWMutex& mutex) {
  std::atomic<uint64_t>& owner = mutex.record_.owner;
  if (record::LockOrderIsOn() && owner.load(std::memory_order_relaxed) == 0) {
    record::NoteNewLock(&mutex, &owner, internal::kReleased);
  }
}

inline void SyncAccess::RLock(RWMutex& mutex, const void* pc) {
  sched::G* g = internal::UndisturbedCaller();
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  // Acquire pairs with the release of a writer's unlock, here and below.
  if (__builtin_expect(
          g != nullptr && (state & (kWriter | kPending)) == 0 && g->held[0].lock == nullptr &&
              mutex.state_.compare_exchange_strong(
                  state, state + kReader, std::memory_order_acquire, std::memory_order_relaxed),
          1)) {
    g->held[0] = {&mutex, pc};
    g->noted_reads = true;
    tsan::Acquire(&mutex.state_);
  } else {
    RLockSlow(mutex, pc);
  }
}

__attribute__((noinline)) void SyncAccess::RLockSlow(RWMutex& mutex, const void* pc) {
  sched::SchedulingPoint();
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & (kWriter | kPending)) != 0) {
      SyncWaiter waiter = MakeWaiter(pc);
      WaitForReadLock(mutex, waiter);
      break;
    }
    if (mutex.state_.compare_exchange_weak(state, state + kReader, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
      break;
    }
  }
  sched::NoteReadLock(&mutex, pc);
  tsan::Acquire(&mutex.state_);
  NoteIfNew(mutex);
  ReportLock(internal::CallerId(), mutex, Direction::kRead, pc, record::Taking::kWaiting);
}

void SyncAccess::PanicRUnlock(const RWMutex& mutex, bool writer_holds) {
  internal::Misuse misuse("sync: RUnlock of unlocked RWMutex");
  misuse.Object(record::ToString(record::ObjectKind::kRWMutex), &mutex);
  misuse.Caller("unlocks it for reading");
  if (writer_holds) {
    misuse.Other(mutex.record_.owner.load(std::memory_order_relaxed), "holds it for writing",
                 mutex.record_.pc.load(std::memory_order_relaxed));
  }
  misuse.Note("who has unlocked it for reading before is not recorded");
  misuse.Throw();
}

void SyncAccess::WaitForReadLock(RWMutex& mutex, SyncWaiter& waiter) {
  sched::Lock& lock = AsLock(mutex.lock_);
  lock.Acquire();
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  uint32_t next = 0;
  bool wait = false;
  do {
    wait = (state & (kWriter | kPending)) != 0;
    next = wait ? state | kReadersQueued : state + kReader;
  } while (!mutex.state_.compare_exchange_weak(state, next, std::memory_order_acquire,
                                               std::memory_order_relaxed));
  if (!wait) {
    lock.Release();
    return;
  }
  PushBack(mutex.readers_, &waiter);
  sched::Park({.reason = record::WaitReason::kRWMutexRLock,
               .kind = record::ObjectKind::kRWMutex,
               .direction = Direction::kRead,
               .object = &mutex},
              &sched::UnlockLock, &lock);
}

bool SyncAccess::TryRLock(RWMutex& mutex, const void* pc) {
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  do {
    if ((state & (kWriter | kPending)) != 0) {
      sched::BusyPoint();
      return false;
    }
  } while (!mutex.state_.compare_exchange_weak(state, state + kReader, std::memory_order_acquire,
                                               std::memory_order_relaxed));
  sched::NoteReadLock(&mutex, pc);
  tsan::Acquire(&mutex.state_);
  NoteIfNew(mutex);
  ReportLock(sched::Id(sched::Self()), mutex, Direction::kRead, pc, record::Taking::kTrying);
  return true;
}

inline void SyncAccess::RUnlock(RWMutex& mutex) {
  sched::G* g = internal::UndisturbedCaller();
  if (__builtin_expect(g != nullptr && mutex.state_.load(std::memory_order_relaxed) >= kReader &&
                           g->held[0].lock == &mutex && HoldsOneRead(*g),
                       1)) {
    g->held[0] = {};
    LeaveRead(mutex);
  } else {
    RUnlockSlow(mutex);
  }
}

__attribute__((noinline)) void SyncAccess::RUnlockSlow(RWMutex& mutex) {
  const uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  if (state < kReader) {
    PanicRUnlock(mutex, (state & kWriter) != 0);
  }
  ReportUnlock(mutex, Direction::kRead, 0);
  sched::NoteReadUnlock(&mutex);
  LeaveRead(mutex);
  // The mutex may be gone by now.
  sched::SchedulingPoint();
}

inline void SyncAccess::LeaveRead(RWMutex& mutex) {
  tsan::Release(&mutex.lock_);
  const uint32_t state = mutex.state_.fetch_sub(kReader, std::memory_order_release);
  // Unless this was the last reader and a writer waits, the mutex may be gone from here on.
  if (__builtin_expect((state & kPending) != 0 && state / kReader == 1, 0)) HandToWriter(mutex);
}

// Gives the lock, which nobody holds, to the first queued writer. Nobody else takes it meanwhile:
// kPending keeps readers out, and writers take it only when the whole word is zero.
__attribute__((noinline)) void SyncAccess::HandToWriter(RWMutex& mutex) {
  AsLock(mutex.lock_).Acquire();
  HandToWriterLocked(mutex);
}

// The same; the caller has taken lock_, which is released.
void SyncAccess::HandToWriterLocked(RWMutex& mutex) {
  SyncWaiter* writer = PopFront(mutex.writers_);
  sched::G* g = writer->g;
  const int64_t queued = writer->queued_ns;
  internal::NoteOwner(mutex.record_, writer->id, writer->pc);
  mutex.state_.store(kWriter | (Empty(mutex.writers_) ? 0 : kPending) |
                         (Empty(mutex.readers_) ? 0 : kReadersQueued),
                     std::memory_order_release);
  AsLock(mutex.lock_).Release();
  if (record::ProfilesMutexes()) ChargeWaits(queued);
  sched::Ready(g);
}

inline void SyncAccess::Lock(RWMutex& mutex, const void* pc) {
  const sched::G* g = internal::UndisturbedCaller();
  uint32_t state = 0;
  if (__builtin_expect(
          g != nullptr && mutex.state_.compare_exchange_strong(
                              state, kWriter, std::memory_order_acquire, std::memory_order_relaxed),
          1)) {
    internal::NoteOwner(mutex.record_, g->id, pc);
    tsan::Acquire(&mutex.state_);
    tsan::Acquire(&mutex.lock_);
  } else {
    LockSlow(mutex, pc);
  }
}

__attribute__((noinline)) void SyncAccess::LockSlow(RWMutex& mutex, const void* pc) {
  sched::SchedulingPoint();
  SyncWaiter waiter = MakeWaiter(pc);
  WaitForWriteLock(mutex, waiter);
  tsan::Acquire(&mutex.state_);
  tsan::Acquire(&mutex.lock_);
  ReportLock(waiter.id, mutex, Direction::kWrite, pc, record::Taking::kWaiting);
}

void SyncAccess::WaitForWriteLock(RWMutex& mutex, SyncWaiter& waiter) {
  sched::Lock& lock = AsLock(mutex.lock_);
  lock.Acquire();
  uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  uint32_t next = 0;
  do {
    next = state == 0 ? kWriter : state | kPending;
  } while (!mutex.state_.compare_exchange_weak(state, next, std::memory_order_acquire,
                                               std::memory_order_relaxed));
  if (state == 0) {
    lock.Release();
    NoteIfNew(mutex);
    internal::NoteOwner(mutex.record_, waiter.id, waiter.pc);
    return;
  }
  PushBack(mutex.writers_, &waiter);
  sched::Park({.reason = record::WaitReason::kRWMutexLock,
               .kind = record::ObjectKind::kRWMutex,
               .direction = Direction::kWrite,
               .object = &mutex},
              &sched::UnlockLock, &lock);
}

bool SyncAccess::TryLock(RWMutex& mutex, const void* pc) {
  uint32_t state = 0;
  if (!mutex.state_.compare_exchange_strong(state, kWriter, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
    sched::BusyPoint();
    return false;
  }
  const uint64_t id = sched::Id(sched::Self());
  NoteIfNew(mutex);
  internal::NoteOwner(mutex.record_, id, pc);
  tsan::Acquire(&mutex.state_);
  tsan::Acquire(&mutex.lock_);
  ReportLock(id, mutex, Direction::kWrite, pc, record::Taking::kTrying);
  return true;
}

void SyncAccess::Unlock(RWMutex& mutex) {
  if ((mutex.state_.load(std::memory_order_relaxed) & kWriter) == 0) {
    internal::PanicUnlock("sync: Unlock of unlocked RWMutex", record::ObjectKind::kRWMutex, &mutex,
                          mutex.record_);
  }
  ReportUnlock(mutex, Direction::kWrite, mutex.record_.owner.load(std::memory_order_relaxed));
  internal::NoteRelease(mutex.record_);
  tsan::Release(&mutex.state_);
  uint32_t state = kWriter;
  if (!mutex.state_.compare_exchange_strong(state, 0, std::memory_order_release,
                                            std::memory_order_relaxed)) {
    UnlockSlow(mutex);
  }
  // The mutex may be gone by now.
  sched::SchedulingPoint();
}

void SyncAccess::UnlockSlow(RWMutex& mutex) {
  sched::Lock& lock = AsLock(mutex.lock_);
  lock.Acquire();
  if (Empty(mutex.readers_) && !Empty(mutex.writers_)) {
    HandToWriterLocked(mutex);
    return;
  }
  SyncWaiter* readers = TakeAll(mutex.readers_);
  uint32_t admitted = 0;
  for (SyncWaiter* reader = readers; reader != nullptr; reader = reader->next) ++admitted;
  mutex.state_.store(admitted * kReader | (Empty(mutex.writers_) ? 0 : kPending),
                     std::memory_order_release);
  lock.Release();
  if (record::ProfilesMutexes()) ChargeWaits(readers);
  internal::ReadyAll(readers);
}

void SyncAccess::Describe(const RWMutex& mutex, record::Object* object) {
  const uint32_t state = mutex.state_.load(std::memory_order_relaxed);
  object->writer_waiting = (state & kPending) != 0;
  object->readers = state / kReader;
  internal::Describe(mutex.record_, object);
}

// The public calls stay out of line under LTO as well: their return address is the user's code.
__attribute__((noinline)) void RWMutex::Lock() {
  SyncAccess::Lock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) bool RWMutex::TryLock() {
  return SyncAccess::TryLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) void RWMutex::Unlock() { SyncAccess::Unlock(*this); }
__attribute__((noinline)) void RWMutex::RLock() {
  SyncAccess::RLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) bool RWMutex::TryRLock() {
  return SyncAccess::TryRLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) void RWMutex::RUnlock() { SyncAccess::RUnlock(*this); }
__attribute__((noinline)) void RWMutex::lock() {
  SyncAccess::Lock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) bool RWMutex::try_lock() {
  return SyncAccess::TryLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) void RWMutex::unlock() { SyncAccess::Unlock(*this); }
__attribute__((noinline)) void RWMutex::lock_shared() {
  SyncAccess::RLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) bool RWMutex::try_lock_shared() {
  return SyncAccess::TryRLock(*this, __builtin_return_address(0));
}
__attribute__((noinline)) void RWMutex::unlock_shared() { SyncAccess::RUnlock(*this); }

namespace record {
void DescribeRWMutex(const void* address, Object* object) {
  SyncAccess::Describe(*static_cast<const RWMutex*>(address), object);
}
}  // namespace record

}  // namespace muster
