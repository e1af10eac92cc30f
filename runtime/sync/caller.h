// Who calls: for the fast paths.
#ifndef MUSTER_SYNC_CALLER_H_
#define MUSTER_SYNC_CALLER_H_

#include <atomic>
#include <cstdint>

#include "runtime/record/observe.h"
#include "runtime/sched/park.h"
#include "runtime/sched/scheduler.h"

namespace muster::internal {

// sched::Id(sched::Self()), inline where a goroutine calls.
inline uint64_t CallerId() {
  const sched::G* g = sched::CurrentGoroutine();
  return __builtin_expect(g != nullptr, 1) ? g->id : sched::Id(sched::Self());
}

// Whether all operations go out of their way: a seeded schedule, or somebody watches.
inline bool Disturbed() {
  return sched::ScheduleSeed() != 0 || record::g_watched.load(std::memory_order_relaxed) != 0;
}

// The caller where there is nothing to be done but the operation itself: a goroutine that need not
// give way, and nothing is disturbed. Else nullptr. A fast path that consists of this and its own
// few instructions needs no frame that saves registers.
inline sched::G* UndisturbedCaller() {
  const sched::M* m = sched::CurrentM();
  if (m == nullptr || m->p == nullptr || m->p->preempt.load(std::memory_order_relaxed) ||
      Disturbed()) {
    return nullptr;
  }
  return m->current.load(std::memory_order_relaxed);
}

}  // namespace muster::internal

#endif  // MUSTER_SYNC_CALLER_H_
