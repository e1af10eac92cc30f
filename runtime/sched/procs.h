// How many processors there are for goroutines.
#ifndef MUSTER_SCHED_PROCS_H_
#define MUSTER_SCHED_PROCS_H_

namespace muster::sched {

// MUSTER_PROCS, else the cgroup's CPU limit rounded up, else the CPUs of the affinity mask; from 1
// to kMaxProcs.
int InitialProcs();
// CPUs in the affinity mask.
int AvailableCpus();

}  // namespace muster::sched

#endif  // MUSTER_SCHED_PROCS_H_
