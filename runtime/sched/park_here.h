// ParkHere: Park, without a call of it, for those who park all the time (channels).
//
// The wait record is written straight into the control block. A caller that built it on its stack
// and handed over its address would store it in small pieces and have it read in large ones, for
// which a CPU has to wait until the stores have reached its cache.
#ifndef MUSTER_SCHED_PARK_HERE_H_
#define MUSTER_SCHED_PARK_HERE_H_

#include "runtime/record/contention.h"
#include "runtime/record/observe.h"
#include "runtime/sched/park.h"
#include "runtime/sched/switch.h"

namespace muster::sched {

// Writes the wait record of `g`, which leaves its stack next.
inline __attribute__((always_inline)) void WriteWait(G* g, const WaitInfo& info, UnlockFn unlock,
                                                     void* lock) {
  g->wait = info;
  g->wait_since = Ticks();
  g->busy_count = 0;
  g->unlock = unlock;
  g->unlock_arg = lock;
}

// Park for those about whom there is something special: foreign threads, goroutines in blocking
// regions or bubbles, and everybody while somebody watches.
void ParkSpecially(const WaitInfo& info, UnlockFn unlock, void* lock);

inline __attribute__((always_inline)) void ParkHere(const WaitInfo& info, UnlockFn unlock,
                                                    void* lock) {
  M* const m = CurrentM();
  G* const g = m == nullptr ? nullptr : m->current.load(std::memory_order_relaxed);
  if (__builtin_expect(g == nullptr || m->p == nullptr || g->in_bubble ||
                           record::ProfilesBlocking() || record::AnyObservers(),
                       0)) {
    // A copy, so that only here the record must be in memory.
    const WaitInfo copy = info;
    ParkSpecially(copy, unlock, lock);
    return;
  }
  WriteWait(g, info, unlock, lock);
  LeaveForNext(m, g, FindDirect(m, g->wait_since), Departure::kPark);
}

}  // namespace muster::sched

#endif  // MUSTER_SCHED_PARK_HERE_H_
