#include "runtime/sched/lock.h"

#include "runtime/sched/futex.h"

namespace muster::sched {

constinit std::atomic<uint32_t> g_lock_sleepers[kSleeperCounters] = {};

namespace {

// Critical sections are tens of instructions, so a spin suffices unless the kernel has taken the
// holder's CPU away; then a sleep lets it go on. It is longer than a sleep and a wake cost (some 20
// us), since the holder would pay for the wake.
//
// Between two looks the pause grows. Each look takes the cache line away from the one that works
// with it; left alone for a while, that one gets through many operations at its own speed, where
// two that alternate pay for the line's journey at each.
constexpr int kLooks = 20;
constexpr int kLongestPause = 256;

void Pause(int times) {
  for (int i = 0; i < times; ++i) __builtin_ia32_pause();
}

}  // namespace

void Lock::AcquireSlow() {
  for (int look = 0, pause = 1; look < kLooks; ++look) {
    Pause(pause);
    if (pause < kLongestPause) pause *= 2;
    if (state_.load(std::memory_order_relaxed) == 0 && TryAcquire()) return;
  }
  std::atomic<uint32_t>& sleepers = SleepersOn(this);
  sleepers.fetch_add(1, std::memory_order_relaxed);
  // From here on a release either is seen by TryAcquire, or sees the count and wakes.
  HeavyBarrier();
  while (!TryAcquire()) futex::Wait(&state_, 1);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
  // A wake reaches one sleeper only; those that are left get theirs by this lock's next release.
}

// Only the address is used: a futex call on memory that is something else by now wakes nobody, or
// somebody who looks again.
void Lock::WakeSleeper(std::atomic<uint32_t>* address) { futex::Wake(address, 1); }

}  // namespace muster::sched
