#include "runtime/net/poll_desc.h"

#include <sys/epoll.h>

#include <utility>

#include "runtime/record/tsan.h"
#include "runtime/sched/g.h"
#include "runtime/sched/park.h"
#include "runtime/sched/scheduler.h"

namespace muster::poll {
namespace {

using record::Direction;

// Descriptors that are in use by nobody, linked by free_link_.
constinit sched::Lock g_pool_lock;
constinit PollDesc* g_pool = nullptr;

}  // namespace

PollDesc* PollDesc::Open(int fd, const char* name, int* error) {
  PollDesc* desc = nullptr;
  {
    const sched::LockGuard guard(g_pool_lock);
    desc = g_pool;
    if (desc != nullptr) g_pool = desc->free_link_;
  }
  if (desc == nullptr) {
    desc = new PollDesc;
    for (Side* side : {&desc->read_, &desc->write_}) {
      side->timer.arg = desc;
      side->timer.fire = &Expire;
      side->timer.can_wake = &CanWake;
    }
  }
  {
    const sched::LockGuard guard(desc->lock_);
    desc->closing_ = false;
    desc->fd_ = fd;
    desc->name_ = name;
    for (Side* side : {&desc->read_, &desc->write_}) {
      side->ready = side->expired = side->timed = false;
    }
  }
  *error = Register(fd, desc);
  if (*error == 0) return desc;
  const sched::LockGuard guard(g_pool_lock);
  desc->free_link_ = std::exchange(g_pool, desc);
  return nullptr;
}

void PollDesc::Release() {
  Unregister(fd_);
  {
    const sched::LockGuard guard(lock_);
    closing_ = true;
    StopTimerLocked(&read_);
    StopTimerLocked(&write_);
    fd_ = -1;
    name_ = "";
  }
  const sched::LockGuard guard(g_pool_lock);
  free_link_ = std::exchange(g_pool, this);
}

Outcome PollDesc::CheckLocked(const Side& side) const {
  if (closing_) return Outcome::kClosing;
  return side.expired ? Outcome::kTimeout : Outcome::kReady;
}

Outcome PollDesc::Prepare(Direction direction) {
  const sched::LockGuard guard(lock_);
  Side& side = SideOf(direction);
  side.ready = false;
  return CheckLocked(side);
}

Outcome PollDesc::Wait(Direction direction) {
  Side& side = SideOf(direction);
  sched::G* const self = sched::Self();
  for (;;) {
    lock_.Acquire();
    const Outcome outcome = CheckLocked(side);
    // An event counts even if the deadline has passed since: as in Go, it has come first.
    const bool ready = std::exchange(side.ready, false);
    if (ready || outcome != Outcome::kReady) {
      lock_.Release();
      return outcome == Outcome::kClosing || !ready ? outcome : Outcome::kReady;
    }
    side.waiter.store(self, std::memory_order_relaxed);
    g_waiters.fetch_add(1, std::memory_order_seq_cst);
    // A goroutine's own M becomes the sleeper when it finds nothing else; a thread has none.
    if (self->kind == record::Kind::kThread) sched::PollWaitAdded();
    sched::Park({.reason = record::WaitReason::kIOWait,
                 .kind = record::ObjectKind::kFD,
                 .direction = direction,
                 .object = this},
                &sched::UnlockLock, &lock_);
    // Somebody has woken us; with neither an event nor an end to be found, it was meant for an
    // earlier user, or the deadline has been moved meanwhile.
  }
}

sched::G* PollDesc::TakeWaiterLocked(Side* side) {
  sched::G* const waiter = side->waiter.load(std::memory_order_relaxed);
  if (waiter == nullptr) return nullptr;
  side->waiter.store(nullptr, std::memory_order_relaxed);
  g_waiters.fetch_sub(1, std::memory_order_relaxed);
  return waiter;
}

void PollDesc::Evict() {
  sched::G* waiters[2];
  {
    const sched::LockGuard guard(lock_);
    closing_ = true;
    waiters[0] = TakeWaiterLocked(&read_);
    waiters[1] = TakeWaiterLocked(&write_);
    StopTimerLocked(&read_);
    StopTimerLocked(&write_);
  }
  for (sched::G* waiter : waiters) {
    if (waiter != nullptr) sched::Ready(waiter);
  }
}

void PollDesc::StopTimerLocked(Side* side) {
  side->timed = false;
  sched::StopTimer(&side->timer);
}

void PollDesc::SetDeadline(Direction direction, int64_t when_ns) {
  sched::G* waiter = nullptr;
  {
    const sched::LockGuard guard(lock_);
    if (closing_) return;
    Side& side = SideOf(direction);
    side.expired = false;
    if (when_ns == sched::kNever) {
      StopTimerLocked(&side);
    } else if (when_ns <= sched::NowNanos()) {
      StopTimerLocked(&side);
      side.expired = true;
      waiter = TakeWaiterLocked(&side);
    } else {
      side.timed = true;
      side.due_ns = when_ns;
      sched::ResetTimer(&side.timer, when_ns, 0);
    }
  }
  if (waiter != nullptr) sched::Ready(waiter);
}

// A timer that RunExpired had taken out before the deadline was moved comes too early.
void PollDesc::Expire(sched::Timer* timer, int64_t now_ns) {
  auto* const desc = static_cast<PollDesc*>(timer->arg);
  sched::G* waiter = nullptr;
  {
    const sched::LockGuard guard(desc->lock_);
    Side& side = timer == &desc->write_.timer ? desc->write_ : desc->read_;
    if (!side.timed || now_ns < side.due_ns) return;
    side.timed = false;
    side.expired = true;
    waiter = TakeWaiterLocked(&side);
  }
  if (waiter != nullptr) sched::Ready(waiter);
}

// Relaxed: the one who looks for a deadlock asks when nobody runs.
bool PollDesc::CanWake(const sched::Timer* timer) {
  const auto* desc = static_cast<const PollDesc*>(timer->arg);
  const Side& side = timer == &desc->write_.timer ? desc->write_ : desc->read_;
  return side.waiter.load(std::memory_order_relaxed) != nullptr;
}

void PollDesc::Rename(const char* name) {
  const sched::LockGuard guard(lock_);
  name_ = name;
}

void PollDesc::Note(uint32_t events, ReadyList* list) {
  const sched::LockGuard guard(lock_);
  const auto note = [list](Side* side) {
    side->ready = true;
    if (sched::G* waiter = TakeWaiterLocked(side)) list->ready[list->count++] = waiter;
  };
  // An error or a hang-up is for both to find out.
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) note(&read_);
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) note(&write_);
}

void PollDesc::Describe(record::Object* object) const {
  object->fd = fd_;
  object->name = name_;
}

}  // namespace muster::poll
