// TakeGivingWay: what a goroutine does about a lock that another one has only for a moment.
//
// Each look at such a lock takes its cache line, and with it all that the lock guards, away from
// the CPU that works with them. Two CPUs that take turns pay for that journey at every operation;
// if one leaves the other alone for a while, that one goes through many operations at its own
// speed. So the loser pauses between two looks, the longer the more it has lost lately. Before it
// looks again it also lets the others of its P run: what waits in the P's next slot would be out
// of thieves' reach meanwhile, and the holder may wait for just that one.
//
// Both numbers are kept per M, since the same goroutines tend to meet again. The pause halves with
// each success. The number of tries doubles with it and halves when all were in vain: a lock that
// is held for long, across I/O say, soon costs its waiters two short pauses before they park.
#ifndef MUSTER_SCHED_GIVE_WAY_H_
#define MUSTER_SCHED_GIVE_WAY_H_

#include <algorithm>

#include "muster/runtime.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {

// Whether another try may be worth its while: the holder may be running on another P, or be one of
// those that the caller's own P would run if the caller let it.
bool HolderMayRun(const M* m);

// Calls `take` until it returns true; false when it is better to sleep. Must be called at a
// scheduling point. `m` is the caller's, null on a foreign thread; the caller may be on another one
// afterwards.
template <typename Take>
bool TakeGivingWay(M* m, Take take) {
  Backoff of_thread;  // a foreign thread remembers nothing
  for (int tries = m != nullptr ? m->backoff.tries : of_thread.tries; tries > 0; --tries) {
    if (!HolderMayRun(m)) return take();
    Backoff& backoff = m != nullptr ? m->backoff : of_thread;
    for (int i = 0; i < backoff.pause; ++i) __builtin_ia32_pause();
    if (take()) {
      backoff.Won();
      return true;
    }
    backoff.Lost();
    if (m == nullptr) continue;
    runtime::Gosched();
    m = CurrentM();
  }
  if (m != nullptr) m->backoff.GaveUp();
  return false;
}

}  // namespace muster::sched

#endif  // MUSTER_SCHED_GIVE_WAY_H_
