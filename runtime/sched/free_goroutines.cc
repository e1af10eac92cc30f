#include "runtime/sched/free_goroutines.h"

#include <algorithm>

#include "runtime/sched/g.h"
#include "runtime/sched/lock.h"
#include "runtime/stack/arena.h"

namespace muster::sched {
namespace {

struct Batch {
  Batch* next;
  G* members[FreeGoroutines::kBatch];
};

Lock g_batches_lock;
Batch* g_batches = nullptr;  // guarded by g_batches_lock

Lock g_foreign_lock;
constinit FreeGoroutines g_foreign;  // guarded by g_foreign_lock

// In the dead stack of `g`, right below its control block, where its page is in memory.
Batch* RoomFor(G* g) {
  return reinterpret_cast<Batch*>((stack::TopOf(g) - sizeof(Batch)) & ~(alignof(Batch) - 1));
}

// Fresh stacks are made a few at a time: each costs two page faults, and the last ones of a burst
// may never be used.
constexpr int kFreshSlots = 8;

}  // namespace

void FreeGoroutines::Refill() {
  Batch* batch = nullptr;
  {
    LockGuard guard(g_batches_lock);
    batch = g_batches;
    if (batch != nullptr) g_batches = batch->next;
  }
  if (batch == nullptr) {
    count_ = stack::NewSlots(members_, kFreshSlots);
    cold_ = 0;
    return;
  }
  std::copy_n(batch->members, kBatch, members_);
  count_ = cold_ = kBatch;
}

void FreeGoroutines::ShareOldest() {
  Batch* const batch = RoomFor(members_[0]);
  std::copy_n(members_, kBatch, batch->members);
  std::copy(members_ + kBatch, members_ + kCapacity, members_);
  count_ -= kBatch;
  cold_ = 0;
  LockGuard guard(g_batches_lock);
  batch->next = g_batches;
  g_batches = batch;
}

void FreeGoroutines::FetchAhead() {
  cold_ = count_;
  constexpr int kAhead = 2;
  if (count_ < kAhead) return;
  // Its control block, and where its closure and first frames will be.
  constexpr int kLinesBelow = 6;
  const char* const line = reinterpret_cast<const char*>(members_[count_ - kAhead]);
  for (int i = -kLinesBelow; i < static_cast<int>(sizeof(G) / 64); ++i) {
    __builtin_prefetch(line + i * 64, 1);
  }
}

G* TakeFreeGoroutine() {
  LockGuard guard(g_foreign_lock);
  return g_foreign.Take();
}

void GiveFreeGoroutine(G* g) {
  LockGuard guard(g_foreign_lock);
  g_foreign.Give(g);
}

}  // namespace muster::sched
