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
std::vector<SystemThread>& Threads() {
  static auto* threads = new std::vector<SystemThread>;  // never destroyed: threads outlive main
  return *threads;
}

// In the list for as long as the thread lives: the next one may get its id.
class Registration {
 public:
  explicit Registration(uintptr_t top) : tid_(static_cast<int32_t>(syscall(SYS_gettid))) {
    AddSystemThread(tid_, top);
  }
  ~Registration() {
    const tsan::IgnoreScope ignore;
    sched::LockGuard guard(g_lock);
    std::erase_if(Threads(), [this](const SystemThread& thread) { return thread.tid == tid_; });
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

void AddSystemThread(int32_t tid, uintptr_t top) {
  const tsan::IgnoreScope ignore;
  sched::LockGuard guard(g_lock);
  Threads().push_back({tid, top});
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

std::vector<SystemThread> SystemThreads() {
  const tsan::IgnoreScope ignore;
  sched::LockGuard guard(g_lock);
  return Threads();
}

}  // namespace muster::record
