// The OS threads behind Ms: started when there is work and no idle M, ended with a goroutine that
// was locked to one. An M outlives its thread: captures may still look at it, and it is used again
// for the next thread.
#ifndef MUSTER_SCHED_M_THREAD_H_
#define MUSTER_SCHED_M_THREAD_H_

#include "runtime/sched/scheduler.h"

namespace muster::sched {

// Starts an M on a thread of its own that begins by running `p`. `spinning`: the caller has counted
// it as spinning. Ends the process when the limit on threads, the runtime's or the system's, is
// met.
void StartThread(P* p, bool spinning);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_M_THREAD_H_
