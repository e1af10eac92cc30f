#include "runtime/sched/lock.h"

namespace muster::sched {
namespace {

// Critical sections are tens of instructions, so a short spin mostly suffices; longer would burn
// the time that the holder's thread may need when there are fewer CPUs than threads.
constexpr int kSpins = 64;

}  // namespace

void Lock::AcquireSlow() {
  for (int i = 0; i < kSpins; ++i) {
    if (state_.load(std::memory_order_relaxed) == 0 && TryAcquire()) return;
    __builtin_ia32_pause();
  }
  // From here on the lock is taken as 2: the one that sleeps cannot know whether others do too.
  while (state_.exchange(2, std::memory_order_acquire) != 0) futex::Wait(&state_, 2);
}

}  // namespace muster::sched
