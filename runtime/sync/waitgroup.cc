// WaitGroup: the counter and the number of waiters in one word, and a queue of the waiters.
//
// A waiter counts itself in, under lock_, only while the counter is above zero, and is queued
// before lock_ is free again. So whoever brings the counter to zero and sees waiters finds them all
// in the queue. One that sees no waiters touches nothing afterwards, since a Wait that comes later
// may return, and the group be destroyed, at once.
#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "muster/record.h"
#include "muster/sync.h"
#include "runtime/record/describe.h"
#include "runtime/record/lock_order.h"
#include "runtime/record/misuse.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/access.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace {

using internal::AsLock;

int32_t Counter(uint64_t state) { return static_cast<int32_t>(state >> 32); }
uint32_t Waiters(uint64_t state) { return static_cast<uint32_t>(state); }

constexpr const char* kKind = "sync.WaitGroup";

// Of those who wait, so many are told of.
constexpr size_t kWaitersTold = 3;

void NoteWaited(const WaitGroup* group) {
  tsan::Acquire(group);
  if (record::LockOrderIsOn()) record::NoteWaited(group);
}

}  // namespace

void WaitGroup::Add(int delta) {
  if (__builtin_expect(sched::g_any_bubble.load(std::memory_order_relaxed), 0)) {
    SyncAccess::JoinBubble(*this);
  }
  if (delta < 0) {
    tsan::Release(this);
    if (__builtin_expect(record::LockOrderIsOn(), 0)) record::NoteDone(this);
  }
  const uint64_t change = static_cast<uint64_t>(static_cast<uint32_t>(delta)) << 32;
  // Release: what a Done comes after is seen by the Wait that it lets go. Acquire: the one that
  // reaches zero passes on what the others released.
  const uint64_t state = state_.fetch_add(change, std::memory_order_acq_rel) + change;
  const int32_t counter = Counter(state);
  const bool nothing_to_do = Waiters(state) == 0 ? counter >= 0 : counter > 0 && delta < 0;
  if (__builtin_expect(!nothing_to_do, 0)) SyncAccess::AddSlow(*this, delta, state);
  // The group may be gone by now.
  sched::SchedulingPoint();
}

// The group goes to the caller's bubble if its counter is zero. Otherwise it must be there already.
void SyncAccess::JoinBubble(WaitGroup& group) {
  const uint32_t own = sched::CurrentBubbleId();
  // Relaxed: only callers who race with the one that raises the counter from zero could see
  // another.
  const uint32_t was = group.bubble_.load(std::memory_order_relaxed);
  if (was == own) return;
  if (group.state_.load(std::memory_order_relaxed) != 0) {
    internal::Misuse(was != 0 && own != 0
                         ? "sync: WaitGroup.Add called from multiple synctest bubbles"
                         : "sync: WaitGroup.Add called from inside and outside synctest bubble")
        .Object(kKind, &group)
        .Caller("calls Add")
        .Throw();
  }
  group.bubble_.store(own, std::memory_order_relaxed);
}

__attribute__((noinline)) void SyncAccess::AddSlow(WaitGroup& group, int delta, uint64_t state) {
  const int32_t counter = Counter(state);
  const uint32_t waiters = Waiters(state);
  if (counter < 0) {
    // The address only: the group may be gone.
    internal::Misuse("sync: negative WaitGroup counter")
        .Object(kKind, &group, absl::StrCat(", whose counter was ", counter - delta))
        .Caller(absl::StrCat("calls Add(", delta, ")"))
        .Note("who has counted it down before is not recorded")
        .Throw();
  }
  if (waiters == 0) return;
  if (counter > 0) {
    if (counter != delta) return;
    PanicAddDuringWait(group, delta);
  }
  sched::Lock& lock = AsLock(group.lock_);
  lock.Acquire();
  uint64_t expected = state;
  if (!group.state_.compare_exchange_strong(expected, 0, std::memory_order_acq_rel)) {
    lock.Release();
    PanicAddDuringWait(group, delta);
  }
  internal::SyncWaiter* list = TakeAll(group.queue_);
  lock.Release();
  internal::ReadyAll(list);
}

// Those in the queue wait, and stay there: the counter is not zero, or it was changed by two at
// once.
void SyncAccess::PanicAddDuringWait(WaitGroup& group, int delta) {
  std::array<uint64_t, kWaitersTold> waiting;
  size_t count = 0;
  {
    const sched::LockGuard guard(AsLock(group.lock_));
    if (!Empty(group.queue_)) {
      const internal::SyncWaiter* waiter = Front(group.queue_);
      do {
        waiting[count++] = sched::Id(waiter->g);
        waiter = waiter->next;
      } while (waiter != Front(group.queue_) && count < kWaitersTold);
    }
  }
  internal::Misuse misuse("sync: WaitGroup misuse: Add called concurrently with Wait");
  misuse.Object(kKind, &group);
  misuse.Caller(absl::StrCat("calls Add(", delta, ")"));
  for (size_t i = 0; i < count; ++i) misuse.Now(waiting[i], "waits");
  misuse.Throw();
}

void WaitGroup::Wait() {
  sched::SchedulingPoint();
  sched::Lock& lock = AsLock(lock_);
  // Acquire pairs with the release in Add, here and below.
  uint64_t state = state_.load(std::memory_order_acquire);
  if (Counter(state) == 0) {
    NoteWaited(this);
    return;
  }
  lock.Acquire();
  do {
    if (Counter(state) == 0) {
      lock.Release();
      NoteWaited(this);
      return;
    }
  } while (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire));
  internal::SyncWaiter waiter;
  waiter.g = sched::Self();
  PushBack(queue_, &waiter);
  sched::Park({.reason = record::WaitReason::kWaitGroupWait,
               .kind = record::ObjectKind::kWaitGroup,
               .durable = bubble_.load(std::memory_order_relaxed) == sched::CurrentBubbleId(),
               .object = this},
              &sched::UnlockLock, &lock);
  NoteWaited(this);
  if (state_.load(std::memory_order_relaxed) != 0) {
    internal::Misuse("sync: WaitGroup is reused before previous Wait has returned")
        .Object(kKind, this, absl::StrCat(", whose counter is ", Counter(state_.load())))
        .Caller("has waited")
        .Note("who has called Add since then is not recorded")
        .Throw();
  }
}

void SyncAccess::Describe(const WaitGroup& group, record::Object* object) {
  object->counter = Counter(group.state_.load(std::memory_order_relaxed));
}

namespace record {
void DescribeWaitGroup(const void* address, Object* object) {
  SyncAccess::Describe(*static_cast<const WaitGroup*>(address), object);
}
}  // namespace record

}  // namespace muster
