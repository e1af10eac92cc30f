// Lock: the runtime's own mutex, for critical sections of a few dozen instructions.
//
// It is inline atomics and a raw futex call, never a std::mutex: the pthread interceptors of TSan
// would order all goroutines that pass through one run queue and so hide their races. A holder must
// not park, allocate without bound or call user code other than an element's move.
//
// Three states, as in Drepper's "Futexes Are Tricky": 0 free, 1 held, 2 held with waiters.
// Memory ordering: the acquiring exchange pairs with the releasing one in Unlock().
#ifndef MUSTER_SCHED_LOCK_H_
#define MUSTER_SCHED_LOCK_H_

#include <atomic>
#include <cstdint>

#include "runtime/sched/futex.h"

namespace muster::sched {

class Lock {
 public:
  void Acquire() {
    uint32_t expected = 0;
    if (!state_.compare_exchange_strong(expected, 1, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
      AcquireSlow();
    }
  }
  bool TryAcquire() {
    uint32_t expected = 0;
    return state_.compare_exchange_strong(expected, 1, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void Release() {
    if (state_.exchange(0, std::memory_order_release) == 2) futex::Wake(&state_, 1);
  }

 private:
  void AcquireSlow();
  std::atomic<uint32_t> state_{0};
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
