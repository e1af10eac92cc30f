// Once: not yet, running, done; and a queue of those that wait for the end.
//
// Whoever runs the function is recorded as the owner, so a Do from within it shows as a goroutine
// that waits for what it holds itself.
#include <cstdint>

#include "muster/record.h"
#include "muster/sync.h"
#include "runtime/record/describe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/access.h"
#include "runtime/sync/lock_record.h"
#include "runtime/sync/queue.h"

namespace muster {
namespace {

using internal::AsLock;

}  // namespace

// Out of line under LTO as well: its return address is where the user calls Do.
__attribute__((noinline)) bool Once::Begin() {
  const void* pc = __builtin_return_address(0);
  // Acquire pairs with the release in Finish.
  if (state_.load(std::memory_order_acquire) == kDone) {
    tsan::Acquire(this);
    return false;
  }
  sched::SchedulingPoint();
  sched::Lock& lock = AsLock(lock_);
  lock.Acquire();
  const uint32_t state = state_.load(std::memory_order_acquire);
  if (state == kNew) {
    internal::NoteOwner(record_, sched::Id(sched::Self()), pc);
    state_.store(kRunning, std::memory_order_relaxed);
    lock.Release();
    return true;
  }
  if (state == kDone) {
    lock.Release();
  } else {
    internal::SyncWaiter waiter;
    waiter.g = sched::Self();
    PushBack(queue_, &waiter);
    sched::Park(
        {.reason = record::WaitReason::kOnceDo, .kind = record::ObjectKind::kOnce, .object = this},
        &sched::UnlockLock, &lock);
  }
  tsan::Acquire(this);
  return false;
}

void Once::Finish() noexcept {
  internal::NoteRelease(record_);
  tsan::Release(this);
  sched::Lock& lock = AsLock(lock_);
  lock.Acquire();
  state_.store(kDone, std::memory_order_release);
  internal::SyncWaiter* list = TakeAll(queue_);
  lock.Release();
  internal::ReadyAll(list);
  sched::SchedulingPoint();
}

void SyncAccess::Describe(const Once& once, record::Object* object) {
  internal::Describe(once.record_, object);
}

namespace record {
void DescribeOnce(const void* address, Object* object) {
  SyncAccess::Describe(*static_cast<const Once*>(address), object);
}
}  // namespace record

}  // namespace muster
