// How many processors there are for goroutines.
#ifndef MUSTER_SCHED_PROCS_H_
#define MUSTER_SCHED_PROCS_H_

namespace muster::sched {

// MUSTER_PROCS if it is set to a number from 1 to kMaxProcs, else 0. Says so on standard error when
// it is set to something else.
int ProcsOfEnvironment();
// Go's rule: the CPUs of the process's affinity mask, or fewer if the cgroup's limit is lower: that
// rounded up, but no less than 2, as with one P what blocks blocks all. From 1 to kMaxProcs.
int DefaultProcs();

// The CPUs of the mask when the process started.
int CpusAtStart();

}  // namespace muster::sched

#endif  // MUSTER_SCHED_PROCS_H_
