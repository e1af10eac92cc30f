#include "runtime/sched/free_goroutines.h"

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

// Loops, not std::copy: TSan would see a call of memmove, and races between those whose stacks
// these were.
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
  for (int i = 0; i < kBatch; ++i) members_[i] = batch->members[i];
  count_ = cold_ = kBatch;
}

void FreeGoroutines::ShareOldest() {
  Batch* const batch = RoomFor(members_[0]);
  for (int i = 0; i < kBatch; ++i) batch->members[i] = members_[i];
  for (int i = kBatch; i < kCapacity; ++i) members_[i - kBatch] = members_[i];
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
  for (ptrdiff_t i = -kLinesBelow; i < static_cast<ptrdiff_t>(sizeof(G) / 64); ++i) {
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
