// Global deadlock: whether anything in this process can ever run a goroutine again.
#ifndef MUSTER_SCHED_DEADLOCK_H_
#define MUSTER_SCHED_DEADLOCK_H_

namespace muster::sched {

enum class Prospect {
  kAlive,        // something can run, or nothing waits
  kUpToThreads,  // everything waits; only a foreign thread could wake it
  kDead,         // everything waits, and nobody is left to wake it
};

// Proves its answer: kDead only when every P is idle, all queues are empty, no pending timer can
// make a goroutine run, every goroutine waits on something other than time, and every OS thread of
// the process is the runtime's own, marked as a system thread, or itself waits on a primitive. (A
// signal handler that wakes goroutines is not seen; nor would Go see it.)
Prospect CheckGlobalDeadlock();

}  // namespace muster::sched

#endif  // MUSTER_SCHED_DEADLOCK_H_
