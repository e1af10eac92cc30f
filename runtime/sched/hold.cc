#include "runtime/sched/hold.h"

#include <sched.h>

namespace muster::sched {

Lock& HoldLock() {
  static constinit Lock lock;
  return lock;
}

void WaitWhileHeldBack(const G* g) {
  // A hold lasts microseconds, unless the kernel has taken the holder's CPU away: then ours may be
  // what it needs.
  constexpr int kSpins = 1000;
  for (int i = 0; g->held_back.load(std::memory_order_acquire); ++i) {
    if (i < kSpins) {
      __builtin_ia32_pause();
    } else {
      sched_yield();
    }
  }
}

}  // namespace muster::sched
