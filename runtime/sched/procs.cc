#include "runtime/sched/procs.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "runtime/sched/cgroup.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {
namespace {

// Of the main thread, which no runtime's thread is: what others do to the process (taskset) they do
// to that one at least, and what runtime::SetAffinity does to Ms does not count here.
int AvailableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(getpid(), sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

const int g_cpus_at_start = AvailableCpus();

}  // namespace

int CpusAtStart() {
  // 0: asked by another static initialiser, which is early enough too.
  return g_cpus_at_start != 0 ? g_cpus_at_start : AvailableCpus();
}

int DefaultProcs() {
  int procs = AvailableCpus();
  const double limit = CgroupCpuLimit("");
  constexpr double kFewest = 2;
  if (limit > 0) {
    const double whole = std::max(std::ceil(limit), kFewest);
    if (whole < procs) procs = static_cast<int>(whole);
  }
  return std::clamp(procs, 1, kMaxProcs);
}

int ProcsOfEnvironment() {
  const char* asked = std::getenv("MUSTER_PROCS");
  if (asked == nullptr || *asked == '\0') return 0;
  int procs = 0;
  if (absl::SimpleAtoi(asked, &procs) && procs >= 1 && procs <= kMaxProcs) return procs;
  std::fprintf(stderr, "muster: MUSTER_PROCS=%s is not a number from 1 to %d; ignored\n", asked,
               kMaxProcs);
  return 0;
}

}  // namespace muster::sched
