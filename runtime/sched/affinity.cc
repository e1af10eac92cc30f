#include "runtime/sched/affinity.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "muster/runtime.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {
namespace {

// A thread that starts either finds the mask, or is found by who sets it: it stores its tid before
// it looks, and both look under the lock.
Lock g_lock;
bool g_chosen = false;  // both guarded by g_lock
cpu_set_t g_mask;

absl::Status MaskOf(const std::vector<int>& cpus, cpu_set_t* mask) {
  CPU_ZERO(mask);
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) {
      return absl::InvalidArgumentError(absl::StrCat("there is no CPU ", cpu));
    }
    CPU_SET(cpu, mask);
  }
  return absl::OkStatus();
}

// Whether threads of this process can be put on all of these CPUs; tried out on the calling one.
absl::Status TryOut(const cpu_set_t& mask) {
  cpu_set_t before, got;
  if (sched_getaffinity(0, sizeof(before), &before) != 0) {
    return absl::ErrnoToStatus(errno, "sched_getaffinity");
  }
  if (sched_setaffinity(0, sizeof(mask), &mask) != 0) {
    return absl::InvalidArgumentError("the process may run on none of these CPUs");
  }
  sched_getaffinity(0, sizeof(got), &got);
  sched_setaffinity(0, sizeof(before), &before);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask) && !CPU_ISSET(cpu, &got)) {
      return absl::InvalidArgumentError(absl::StrCat("the process may not run on CPU ", cpu));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void ApplyAffinity(const M* m) {
  const LockGuard guard(g_lock);
  if (g_chosen) sched_setaffinity(m->tid.load(std::memory_order_relaxed), sizeof(g_mask), &g_mask);
}

absl::Status SetAffinity(const std::vector<int>& cpus) {
  EnsureStarted();
  cpu_set_t mask;
  if (cpus.empty()) {
    // As the process is: the main thread is no M.
    if (sched_getaffinity(getpid(), sizeof(mask), &mask) != 0) {
      return absl::ErrnoToStatus(errno, "sched_getaffinity");
    }
  } else {
    if (absl::Status known = MaskOf(cpus, &mask); !known.ok()) return known;
    if (absl::Status allowed = TryOut(mask); !allowed.ok()) return allowed;
  }
  const LockGuard guard(g_lock);
  // Also after all have been set free: new threads inherit the mask of the one that starts them.
  g_chosen = true;
  g_mask = mask;
  for (M* m = g_scheduler.all_m.load(std::memory_order_acquire); m != nullptr; m = m->all_link) {
    const int32_t tid = m->tid.load(std::memory_order_relaxed);
    // A thread that is ending meanwhile is no matter.
    if (tid != 0) sched_setaffinity(tid, sizeof(mask), &mask);
  }
  return absl::OkStatus();
}

}  // namespace muster::sched

namespace muster::runtime {

absl::Status SetAffinity(const std::vector<int>& cpus) { return sched::SetAffinity(cpus); }

}  // namespace muster::runtime
