// Foreign threads: a stand-in G for each OS thread that uses a primitive without being an M, so
// that everything that waits is a G, and snapshots show threads too.
#ifndef MUSTER_SCHED_THREAD_H_
#define MUSTER_SCHED_THREAD_H_

#include "runtime/sched/g.h"

namespace muster::sched {

// The calling thread's stand-in; made on first use, given back when the thread ends.
G* ThreadSelf();

void ParkThread(const WaitInfo& info, UnlockFn unlock, void* lock);
void ReadyThread(G* g);

// Guards the list of stand-ins and their labels.
Lock& ThreadListLock();
// The stand-ins of living threads; the lock must be held.
G* FirstThreadLocked();
inline G* NextThreadLocked(G* g) { return g->link; }

}  // namespace muster::sched

#endif  // MUSTER_SCHED_THREAD_H_
