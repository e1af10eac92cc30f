// Lock order: which locks are taken while which others are held, kept so that an order that can
// deadlock is seen in a run that did not.
//
// Off unless MUSTER_LOCK_ORDER=1 or debug::SetLockOrder says so; then every lock takes its slow
// path (caller.h) and ends up here. Each goroutine has a list of the locks that it holds. When it
// waits its way into one with others in hand, each pair is noted with the locks held besides
// ("gates"): two pairs in opposite order cannot deadlock under a common gate. Of the goroutines
// that take the same pair under the same gates, the first two are kept: two of them are what a
// deadlock needs.
//
// Two goroutines cannot deadlock either when all that the one has done comes before the other,
// which the one has started later, or has waited for. So what is noted has a moment: a number that
// grows with every pair noted, goroutine started and wait group left.
//
// A lock may be unlocked by another goroutine than the one that took it. It is then taken off the
// list of that one when it next looks at it. Of read locks it cannot be told whose was given back;
// from those taken before, no order is noted any more, but they still count as gates.
//
// Locks are known by their addresses. One that has never been locked before is new, and what is
// known of its address is forgotten. That of a lock which was destroyed while it was locked stays
// on the list of its holder until that one ends or takes a lock at the same address.
//
// All is bounded: kMaxHeldLocks per goroutine, kMaxLockOrders in all. What does not fit is left
// out, and counted. Addresses are kept in disguise: the search for leaks must not find a lock here.
#ifndef MUSTER_RECORD_LOCK_ORDER_H_
#define MUSTER_RECORD_LOCK_ORDER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "muster/record.h"
#include "runtime/record/observe.h"
#include "runtime/sched/g.h"

namespace muster::record {

inline constexpr int kMaxHeldLocks = 8;
inline constexpr uint32_t kMaxLockOrders = 4096;

inline bool LockOrderIsOn() {
  return (g_watched.load(std::memory_order_relaxed) & kWatchedForLockOrder) != 0;
}

// MUSTER_LOCK_ORDER, when the scheduler starts.
void ReadLockOrderSetting();

// How a lock came to be held.
enum class Taking : uint8_t {
  kWaiting,  // by a call that would have waited
  kTrying,   // by one that would not, so that it is part of no deadlock
};

// The caller has got the lock at return address `pc`.
void NoteLocked(const void* lock, ObjectKind kind, Direction direction, const void* pc,
                Taking taking);
// The caller is about to let go of it. `holder` is who has taken it; 0 when that is not on record
// (read locks).
void NoteUnlocked(const void* lock, uint64_t holder);

// The caller is the first ever to have this lock, and has not noted it yet.
void NoteNewLock(const void* lock);
// The same where several may be the first: `owner` is 0 until one of them has set it to `used`.
void NoteNewLock(const void* lock, std::atomic<uint64_t>* owner, uint64_t used);

// The caller has started `child`, which does not run yet.
void NoteSpawned(sched::G* child);
// The caller counts the wait group down; has waited until it was zero.
void NoteDone(const void* group);
void NoteWaited(const void* group);

std::vector<LockOrder> LockOrders();
// Pairs that found the table full, or were taken by a goroutine that held more locks than it has
// room for.
uint64_t LockOrdersLeftOut();

}  // namespace muster::record

#endif  // MUSTER_RECORD_LOCK_ORDER_H_
