// Asymmetric fences: a pair of barriers of which one side is nearly free and the other dear.
//
// The pattern is Dekker's. One side stores A, then loads B; the other stores B, then loads A; at
// least one of the two must see the other's store. Both usually pay a full fence (5 ns here) for
// that. Where one side runs a million times a second and the other hardly ever, the frequent one
// uses LightBarrier, which only keeps the compiler from reordering, and the rare one HeavyBarrier:
// membarrier(2) makes every CPU that runs a thread of this process execute a full fence.
//
//     frequent:  A.store(1, relaxed);  LightBarrier();  if (B.load(relaxed)) ...
//     rare:      B.store(1, relaxed);  HeavyBarrier();  if (A.load(relaxed)) ...
//
// Why it is right: the frequent side's thread executes a fence at some moment between the call and
// the return of HeavyBarrier. If that moment comes after its store of A, the rare side's load sees
// it. Otherwise its load of B comes after that moment too, by program order, and sees B, which was
// stored before the call. A thread that is not running has gone through the kernel's own fence.
//
// Where membarrier is not to be had (old kernels, seccomp, valgrind), both are full fences.
#ifndef MUSTER_SCHED_ASYMMETRIC_H_
#define MUSTER_SCHED_ASYMMETRIC_H_

#include <atomic>

namespace muster::sched {

// True once the process is registered with membarrier; never false again.
extern std::atomic<bool> g_light_barriers;

inline void LightBarrier() {
  // Acquire: whoever reads true also sees what was stored before a HeavyBarrier that came too early
  // to interrupt it (asymmetric.cc).
  if (__builtin_expect(g_light_barriers.load(std::memory_order_acquire), 1)) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
}

// A system call that interrupts the other CPUs: microseconds.
void HeavyBarrier();

}  // namespace muster::sched

#endif  // MUSTER_SCHED_ASYMMETRIC_H_
