// Resize: how many Ps there are, changed while they run (runtime::GOMAXPROCS).
//
// Nothing is stopped for that. New Ps begin idle. One that is not wanted any more is taken off the
// list when it is idle; else whoever has it is told by P::detour, and gives it up where it would
// otherwise look for the next goroutine. A goroutine that does not come to a scheduling point keeps
// its P until it does. What such a P holds goes to the others (Retire).
//
// Between being wanted and being gone a P has one owner, as ever: the M that holds it, or whoever
// has taken it off the list of idle ones. It is gone (`exists` is false) only if it is still not
// wanted when that owner has emptied it; both is said under the scheduler's lock, so a P that comes
// to be wanted again meanwhile is either kept or made anew.
#ifndef MUSTER_SCHED_RESIZE_H_
#define MUSTER_SCHED_RESIZE_H_

#include <cstdint>

#include "runtime/sched/scheduler.h"

namespace muster::sched {

// SetProcs asks for that many Ps (1 to kMaxProcs) and returns how many there were to be before.
// From then on the number follows the limits, or does not.
int SetProcs(int procs, bool follow);

// Retire empties a P that the caller owns and no M holds: what can run goes to the global queue,
// what is pending to the first P's timers, free stacks to all. Then the P is gone, or idle if it is
// wanted again.
void Retire(P* p);

// FollowLimits asks for DefaultProcs() once a second, if the number is to follow. For the monitor.
void FollowLimits(int64_t now_ns);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_RESIZE_H_
