// The CPUs that Ms run on, where runtime::SetAffinity has chosen some.
#ifndef MUSTER_SCHED_AFFINITY_H_
#define MUSTER_SCHED_AFFINITY_H_

namespace muster::sched {

struct M;

// Puts the calling thread, which has just become that M and says its tid, where Ms are to be.
void ApplyAffinity(const M* m);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_AFFINITY_H_
