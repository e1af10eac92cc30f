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

std::vector<ToolThread>& Tools() {
  static auto* tools = new std::vector<ToolThread>;
  return *tools;
}

// In the lists for as long as the thread lives: the next one may get its id.
class Registration {
 public:
  explicit Registration(uintptr_t top) : tid_(static_cast<int32_t>(syscall(SYS_gettid))) {
    AddSystemThread(tid_);
    const tsan::IgnoreScope ignore;
    sched::LockGuard guard(g_lock);
    Tools().push_back({tid_, top});
  }
  ~Registration() {
    const tsan::IgnoreScope ignore;
    sched::LockGuard guard(g_lock);
    std::erase(Tids(), tid_);
    std::erase_if(Tools(), [this](const ToolThread& tool) { return tool.tid == tid_; });
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  const int32_t tid_;
};

}  // namespace

void MarkSystemThread() {
  thread_local const Registration registration(
      reinterpret_cast<uintptr_t>(__builtin_frame_address(0)));
}

std::vector<ToolThread> ToolThreads() {
  const tsan::IgnoreScope ignore;
  sched::LockGuard guard(g_lock);
  return Tools();
}

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
