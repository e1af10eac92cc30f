// LockHold: holds a channel's lock until the end of the scope, unless Park is to release it. To be
// taken at a scheduling point: one that has to wait for the lock gives way to other goroutines.
#ifndef MUSTER_CHAN_LOCK_HOLD_H_
#define MUSTER_CHAN_LOCK_HOLD_H_

#include <mutex>
#include <utility>

#include "runtime/sched/lock.h"

namespace muster::internal {

class LockHold {
 public:
  explicit LockHold(sched::Lock* lock) : lock_(lock) { Take(lock); }
  // The caller has it already.
  LockHold(sched::Lock* lock, std::adopt_lock_t) : lock_(lock) {}
  ~LockHold() {
    if (lock_ != nullptr) lock_->Release();
  }
  LockHold(const LockHold&) = delete;
  LockHold& operator=(const LockHold&) = delete;

  // Takes the lock for whoever adopts it later.
  static void Take(sched::Lock* lock) {
    if (__builtin_expect(!lock->TryAcquire(), 0)) AcquireGivingWay(lock);
  }

  // The lock, which the caller must see released: for Park.
  sched::Lock* Disown() { return std::exchange(lock_, nullptr); }
  void Release() { Disown()->Release(); }

 private:
  static void AcquireGivingWay(sched::Lock* lock);

  sched::Lock* lock_;
};

}  // namespace muster::internal

#endif  // MUSTER_CHAN_LOCK_HOLD_H_
