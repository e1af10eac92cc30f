// IsolatedFiber: in TSan builds, makes the scheduler's thread a stranger for the length of a scope.
//
// A scheduler thread fires the timers of all goroutines. Did it acquire the clock of one and
// release to the channel of another under its own identity, the two would be ordered for ever
// after, and their races hidden. So each firing that touches a channel has an identity of its own.
#ifndef MUSTER_TIME_ISOLATED_FIBER_H_
#define MUSTER_TIME_ISOLATED_FIBER_H_

#include "runtime/record/tsan.h"

namespace muster::time::internal {

class IsolatedFiber {
 public:
  IsolatedFiber() {
    if constexpr (tsan::kEnabled) {
      outer_ = tsan::CurrentFiber();
      own_ = tsan::CreateFreshFiber(0);
      tsan::SwitchTo(own_);
    }
  }
  ~IsolatedFiber() {
    if constexpr (tsan::kEnabled) {
      tsan::SwitchTo(outer_);
      tsan::DestroyFiber(own_);
    }
  }
  IsolatedFiber(const IsolatedFiber&) = delete;
  IsolatedFiber& operator=(const IsolatedFiber&) = delete;

 private:
  tsan::Fiber outer_;
  tsan::Fiber own_;
};

}  // namespace muster::time::internal

#endif  // MUSTER_TIME_ISOLATED_FIBER_H_
