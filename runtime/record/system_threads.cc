#include "runtime/record/system_threads.h"
#include "runtime/record/tsan.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "muster/record.h"
#include "runtime/sched/lock.h"

namespace muster::record {
namespace {

sched::Lock g_lock;
std::vector<int32_t>& Tids() {
  static auto* tids = new std::vector<int32_t>;  // never destroyed: threads outlive main
  return *tids;
}

}  // namespace

void MarkSystemThread() { AddSystemThread(static_cast<int32_t>(syscall(SYS_gettid))); }

void AddSystemThread(int32_t tid) {
  const tsan::IgnoreScope ignore;
  sched::LockGuard guard(g_lock);
  Tids().push_back(tid);
}

std::vector<int32_t> AllThreads() {
  std::vector<int32_t> tids;
  DIR* tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return tids;
  while (const dirent* entry = readdir(tasks)) {
    const int32_t tid = std::atoi(entry->d_name);
    if (tid != 0) tids.push_back(tid);
  }
  closedir(tasks);
  return tids;
}

std::vector<int32_t> SystemThreads() {
  const tsan::IgnoreScope ignore;
  sched::LockGuard guard(g_lock);
  return Tids();
}

}  // namespace muster::record
