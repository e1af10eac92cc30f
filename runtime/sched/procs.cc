#include "runtime/sched/procs.h"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "muster/runtime.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {
namespace {

// "quota period" of a cgroup v2 cpu.max file as a number of CPUs, rounded up; 0: no limit.
int CpusFromCpuMax(const std::string& text) {
  const std::vector<std::string> fields = absl::StrSplit(text, ' ', absl::SkipWhitespace());
  double quota = 0, period = 0;
  if (fields.size() != 2 || !absl::SimpleAtod(fields[0], &quota) ||
      !absl::SimpleAtod(fields[1], &period) || quota <= 0 || period <= 0) {
    return 0;
  }
  return static_cast<int>((quota + period - 1) / period);
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The tightest limit on the way from the process's cgroup up to the root (v2), or v1's own; 0:
// none.
int CgroupCpuLimit() {
  std::ifstream cgroups("/proc/self/cgroup");
  int limit = 0;
  auto tighten = [&limit](int cpus) {
    if (cpus > 0 && (limit == 0 || cpus < limit)) limit = cpus;
  };
  for (std::string line; std::getline(cgroups, line);) {
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    std::string path = fields[2];
    if (fields[0] == "0" && fields[1].empty()) {
      for (;;) {
        tighten(CpusFromCpuMax(FirstLine(absl::StrCat("/sys/fs/cgroup", path, "/cpu.max"))));
        const size_t slash = path.rfind('/');
        if (slash == std::string::npos || path.empty()) break;
        path.resize(slash);
      }
    } else if (fields[1] == "cpu" || fields[1] == "cpu,cpuacct") {
      const std::string base = absl::StrCat("/sys/fs/cgroup/", fields[1], path);
      tighten(CpusFromCpuMax(absl::StrCat(FirstLine(base + "/cpu.cfs_quota_us"), " ",
                                          FirstLine(base + "/cpu.cfs_period_us"))));
    }
  }
  return limit;
}

}  // namespace

int AvailableCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

int InitialProcs() {
  const char* asked = std::getenv("MUSTER_PROCS");
  if (asked != nullptr && *asked != '\0') {
    int procs = 0;
    if (absl::SimpleAtoi(asked, &procs) && procs >= 1 && procs <= kMaxProcs) return procs;
    std::fprintf(stderr, "muster: MUSTER_PROCS=%s is not a number from 1 to %d; ignored\n", asked,
                 kMaxProcs);
  }
  int procs = AvailableCpus();
  const int limit = CgroupCpuLimit();
  if (limit > 0) procs = std::min(procs, limit);
  return std::clamp(procs, 1, kMaxProcs);
}

}  // namespace muster::sched

namespace muster::runtime {

int GOMAXPROCS() {
  sched::EnsureStarted();
  return sched::g_scheduler.procs;
}

int NumCPU() {
  static const int cpus = sched::AvailableCpus();
  return cpus;
}

}  // namespace muster::runtime
