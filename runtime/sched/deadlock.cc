#include "runtime/sched/deadlock.h"

#include <vector>

#include "runtime/net/poller.h"
#include "runtime/record/system_threads.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/thread.h"
#include "runtime/stack/arena.h"

namespace muster::sched {
namespace {

// All Ps idle and nothing queued, under the scheduler lock.
bool NothingRunnable() {
  LockGuard guard(g_scheduler.lock);
  if (!AllPsIdle() || g_scheduler.global_size.load(std::memory_order_relaxed) != 0 ||
      g_scheduler.spinning.load(std::memory_order_relaxed) != 0 ||
      g_scheduler.frozen.load(std::memory_order_relaxed)) {
    return false;
  }
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    if (!g_scheduler.ps[i].queue.Empty()) return false;
  }
  return true;
}

// A timer, or a descriptor that somebody waits for: who is at its other end is not known.
bool OutsideMayWake() {
  if (poll::AnyoneWaits()) return true;
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    if (g_scheduler.ps[i].timers.AnyCanWake()) return true;
  }
  return false;
}

// Counts goroutines that wait; false if one could run.
bool AllGoroutinesWait(int64_t* waiting) {
  bool all = true;
  *waiting = 0;
  stack::ForEachSlot([&](G* g) {
    switch (g->state.load(std::memory_order_acquire)) {
      case record::State::kDead:
      case record::State::kIdle:
        return;
      case record::State::kWaiting:
        ++*waiting;
        return;
      default:
        all = false;
    }
  });
  return all;
}

bool Contains(const std::vector<int32_t>& tids, int32_t tid) {
  for (int32_t known : tids) {
    if (known == tid) return true;
  }
  return false;
}

// The OS threads that cannot wake anybody: ours, system ones, and those that wait on a primitive.
std::vector<int32_t> HarmlessThreads(int64_t* waiting) {
  std::vector<int32_t> tids;
  for (const record::SystemThread& thread : record::SystemThreads()) tids.push_back(thread.tid);
  for (M* m = g_scheduler.all_m.load(std::memory_order_acquire); m != nullptr; m = m->all_link) {
    tids.push_back(m->tid.load(std::memory_order_relaxed));
  }
  LockGuard guard(ThreadListLock());
  for (G* g = FirstThreadLocked(); g != nullptr; g = NextThreadLocked(g)) {
    if (g->state.load(std::memory_order_acquire) != record::State::kWaiting) continue;
    ++*waiting;
    tids.push_back(g->tid);
  }
  return tids;
}

bool ForeignThreadMayWake(const std::vector<int32_t>& harmless) {
  const std::vector<int32_t> threads = record::AllThreads();
  if (threads.empty()) return true;  // cannot tell
  for (int32_t tid : threads) {
    if (!Contains(harmless, tid)) return true;
  }
  return false;
}

}  // namespace

Prospect CheckGlobalDeadlock() {
  if (!NothingRunnable() || OutsideMayWake()) return Prospect::kAlive;
  int64_t waiting = 0;
  if (!AllGoroutinesWait(&waiting)) return Prospect::kAlive;
  const std::vector<int32_t> harmless = HarmlessThreads(&waiting);
  if (waiting == 0) return Prospect::kAlive;
  if (ForeignThreadMayWake(harmless)) return Prospect::kUpToThreads;
  // Only those that wait could have changed anything meanwhile, and they all still do: had one been
  // woken, its waker would have been seen above, or there is something to run now.
  return NothingRunnable() && !OutsideMayWake() ? Prospect::kDead : Prospect::kAlive;
}

}  // namespace muster::sched
