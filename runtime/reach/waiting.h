// Whether a goroutine is still queued at all that it waits on.
//
// A waker first takes the waiter out of the queue, and then readies the goroutine; in between
// nothing but the waker's own stack tells that it will run. So only a goroutine that is in the
// queues, while nobody works on them, can be stuck.
//
// All of this is for a process whose threads are stopped.
#ifndef MUSTER_REACH_WAITING_H_
#define MUSTER_REACH_WAITING_H_

#include "runtime/sched/g.h"

namespace muster::reach {

// Implemented beside the primitives. False and null as well while somebody holds the queue's lock.
bool QueuedOnChan(const void* chan, const sched::G* g);
// Its entry in the queue, which is on its stack; null when it has none.
const void* QueuedOnMutex(const void* mutex, const sched::G* g);
const void* QueuedOnRWMutex(const void* mutex, const sched::G* g);
const void* QueuedOnWaitGroup(const void* group, const sched::G* g);
const void* QueuedOnOnce(const void* once, const sched::G* g);
const void* QueuedOnCond(const void* cond, const sched::G* g);

// Whether the parked goroutine waits for something that only other goroutines and threads can bring
// about, and none of them is just about to. False for sleep and I/O, and for waits of a kind that
// this knows nothing of.
bool IsCandidate(const sched::G* g);

// Implemented beside the primitives.
bool IsFedByTimer(const void* chan);

// The queue's entry of a candidate that waits for a Mutex, an RWMutex or a Once; else null.
const void* LockQueueEntry(const sched::G* g);

// Calls visit(address) for each object that a candidate waits on; nil channels are left out.
template <typename Visit>
void ForEachAwaited(const sched::G* g, Visit visit);

}  // namespace muster::reach

#include "muster/select.h"

namespace muster::reach {

template <typename Visit>
void ForEachAwaited(const sched::G* g, Visit visit) {
  if (g->wait.cases == nullptr) {
    if (g->wait.object != nullptr) visit(g->wait.object);
    return;
  }
  for (int i = 0; i < g->wait.case_count; ++i) {
    const internal::ChanCore* chan = g->wait.cases[i].chan;
    if (chan != nullptr) visit(static_cast<const void*>(chan));
  }
}

}  // namespace muster::reach

#endif  // MUSTER_REACH_WAITING_H_
