// The cgroup's CPU limit, of version 1 or 2.
#ifndef MUSTER_SCHED_CGROUP_H_
#define MUSTER_SCHED_CGROUP_H_

#include <string>

namespace muster::sched {

// How many CPUs' time the process may use, 0 when there is no limit: the tightest of the groups
// that it is in, up to the topmost that is mounted. (In a container that is often its own.) Every
// file is looked for below `root`, "" for the real ones. Reads a few small files; a file that
// cannot be read or understood counts as no limit.
double CgroupCpuLimit(const std::string& root);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_CGROUP_H_
