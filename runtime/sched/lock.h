// Lock: the runtime's own mutex, for critical sections of a few dozen instructions.
//
// It is inline atomics and a raw futex call, never a std::mutex: the pthread interceptors of TSan
// would order all goroutines that pass through one run queue and so hide their races. A holder must
// not park, allocate without bound or call user code other than an element's move.
//
// A locked instruction costs more than all else that a channel operation does under its lock, so a
// release is a plain store. It then has to find out whether anybody sleeps, without touching the
// lock again: the next owner may already have destroyed it. So sleepers are counted in a table of
// counters, by the lock's address; two locks that share a counter cause each other needless wakes.
//
// Memory ordering: the acquiring compare-and-swap pairs with the releasing store. Between "store
// free, load sleepers" here and "count as sleeper, look whether it is free" in AcquireSlow stands
// an asymmetric pair of fences: the one that releases is never the one to pay.
#ifndef MUSTER_SCHED_LOCK_H_
#define MUSTER_SCHED_LOCK_H_

#include <atomic>
#include <cstdint>

#include "runtime/sched/asymmetric.h"

namespace muster::sched {

inline constexpr uint32_t kSleeperCounters = 64;
// Not spread over cache lines: they are hardly ever written.
extern std::atomic<uint32_t> g_lock_sleepers[kSleeperCounters];

inline std::atomic<uint32_t>& SleepersOn(const void* lock) {
  const auto address = reinterpret_cast<uintptr_t>(lock);
  return g_lock_sleepers[((address >> 4) ^ (address >> 12)) % kSleeperCounters];
}

class Lock {
 public:
  void Acquire() {
    if (!TryAcquire()) AcquireSlow();
  }
  bool TryAcquire() {
    uint32_t expected = 0;
    return state_.compare_exchange_strong(expected, 1, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  // A look that leaves the lock's cache line with its holder.
  bool LooksFree() const { return state_.load(std::memory_order_relaxed) == 0; }
  void Release() {
    state_.store(0, std::memory_order_release);
    LightBarrier();
    // The lock may be gone from here on.
    if (__builtin_expect(SleepersOn(this).load(std::memory_order_relaxed) != 0, 0)) {
      WakeSleeper(&state_);
    }
  }

 private:
  void AcquireSlow();
  static void WakeSleeper(std::atomic<uint32_t>* address);

  std::atomic<uint32_t> state_{0};  // 0 free, 1 held
};

class LockGuard {
 public:
  explicit LockGuard(Lock& lock) : lock_(lock) { lock_.Acquire(); }
  ~LockGuard() { lock_.Release(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_LOCK_H_
