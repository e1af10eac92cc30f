// Scheduling points: where a goroutine may be made to give way. Inline, since every operation of
// every primitive passes one.
#ifndef MUSTER_SCHED_POINT_H_
#define MUSTER_SCHED_POINT_H_

#include "runtime/sched/scheduler.h"

namespace muster::sched {

void SchedulingPointSlow(M* m);
void BusyPointSlow(G* g);

// How many failing non-blocking operations in a row a goroutine may do before it yields.
inline constexpr uint32_t kBusyLimit = 64;

// Whether the goroutine that runs on `m` is to give way now. A few loads; never on foreign threads.
inline bool PointIsDue(const M* m) {
  return m != nullptr && m->p != nullptr &&
         (m->p->preempt.load(std::memory_order_relaxed) || ScheduleSeed() != 0);
}

// Every primitive calls this once per operation, holding no Lock: it yields when the time slice (10
// ms) is over or when a seeded schedule (MUSTER_SEED) says so.
inline void SchedulingPoint() {
  M* const m = CurrentM();
  if (__builtin_expect(PointIsDue(m), 0)) SchedulingPointSlow(m);
}

// A failing non-blocking operation (select with default, TryLock, TrySend) calls this instead:
// loops on them would otherwise starve the one they wait for, as nothing preempts a goroutine. Also
// yields now and then.
inline void BusyPoint() {
  M* const m = CurrentM();
  G* const g = m == nullptr ? nullptr : m->current.load(std::memory_order_relaxed);
  if (g == nullptr) return;
  if (__builtin_expect(++g->busy_count < kBusyLimit, 1)) {
    SchedulingPoint();
  } else {
    BusyPointSlow(g);
  }
}

}  // namespace muster::sched

#endif  // MUSTER_SCHED_POINT_H_
