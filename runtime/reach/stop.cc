#include "runtime/reach/stop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/sched/futex.h"
#include "runtime/sched/tls.h"

namespace muster::reach {
namespace {

constexpr int kSignal = SIGURG;
constexpr int64_t kPatienceNs = 1'000'000'000;
constexpr size_t kMaxThreads = 1 << 16;
constexpr uint32_t kMaxRows = 2 * kMaxThreads;  // with those that were let run on for a moment
constexpr useconds_t kStepUs = 20;
constexpr uintptr_t kRedZone = 128;  // below the stack pointer, for leaf functions

std::atomic<Buffer<StoppedThread>*> g_table{nullptr};
std::atomic<uint32_t> g_rows{0};
std::atomic<uint32_t> g_arrived{0};
std::atomic<uint32_t> g_epoch{0};  // odd while threads are to stay stopped
// By row: the epoch in which its thread is to run on nevertheless. Never unmapped, unlike the
// table, since threads look at it until they have left.
std::atomic<uint32_t> g_run_on[kMaxRows];

int32_t Tid() { return static_cast<int32_t>(syscall(SYS_gettid)); }

// Calls visit(tid) for each thread of the process. Without opendir, which allocates.
template <typename Visit>
bool ForEachThread(Visit visit) {
  const int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  alignas(dirent64) char entries[4096];
  bool ok = true;
  for (;;) {
    const auto got = syscall(SYS_getdents64, fd, entries, sizeof(entries));
    if (got <= 0) {
      ok = ok && got == 0;
      break;
    }
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      int32_t tid = 0;
      for (const char* c = entry->d_name; *c >= '0' && *c <= '9'; ++c) tid = tid * 10 + (*c - '0');
      if (tid != 0) ok = ok && visit(tid);
    }
  }
  close(fd);
  return ok;
}

}  // namespace

bool StopIfAsked(const void* ucontext) {
#if defined(__x86_64__)
  const uint32_t epoch = g_epoch.load(std::memory_order_acquire);
  if ((epoch & 1) == 0) return false;
  Buffer<StoppedThread>& table = *g_table.load(std::memory_order_relaxed);
  const auto* context = static_cast<const ucontext_t*>(ucontext);
  StoppedThread self;
  self.tid = Tid();
  self.pc = static_cast<uintptr_t>(context->uc_mcontext.gregs[REG_RIP]);
  self.sp = static_cast<uintptr_t>(context->uc_mcontext.gregs[REG_RSP]);
  self.lowest = self.sp - kRedZone;
  self.m = sched::CurrentM();
  self.frame_lo = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const auto alternate = reinterpret_cast<uintptr_t>(context->uc_stack.ss_sp);
  if ((context->uc_stack.ss_flags & SS_DISABLE) == 0) {
    self.other_stack_lo = alternate;
    self.other_stack_hi = alternate + context->uc_stack.ss_size;
  }
  const bool on_alternate =
      self.frame_lo >= self.other_stack_lo && self.frame_lo < self.other_stack_hi;
  self.frame_hi = on_alternate ? self.other_stack_hi : self.sp;
  // Who asks has room for all that it has signalled.
  const uint32_t row = g_rows.fetch_add(1, std::memory_order_relaxed);
  table[row] = self;
  g_arrived.fetch_add(1, std::memory_order_release);
  for (;;) {
    const uint32_t run_on = g_run_on[row].load(std::memory_order_acquire);
    if (run_on == epoch || g_epoch.load(std::memory_order_acquire) != epoch) return true;
    sched::futex::Wait(&g_run_on[row], run_on);
  }
#else
  (void)ucontext;
  return false;
#endif
}

// Signals the threads that have not been signalled yet.
bool StoppedWorld::SignalNew() {
  const int32_t self = Tid();
  return ForEachThread([&](int32_t tid) {
    if (tid == self || std::find(signalled_.begin(), signalled_.end(), tid) != signalled_.end()) {
      return true;
    }
    if (syscall(SYS_tgkill, getpid(), tid, kSignal) != 0) return true;  // it has ended
    return signalled_.Push(tid);
  });
}

bool StoppedWorld::Missing(int32_t tid) const {
  const bool here = std::any_of(threads_.begin(), threads_.end(),
                                [tid](const StoppedThread& t) { return t.tid == tid; });
  return !here && syscall(SYS_tgkill, getpid(), tid, 0) == 0;
}

// Whether all that were signalled have arrived or ended.
bool StoppedWorld::AwaitArrivals() {
  const int64_t deadline = sched::NowNanos() + kPatienceNs;
  for (int looks = 1;; ++looks) {
    const uint32_t arrived = g_arrived.load(std::memory_order_acquire);
    threads_.SetSize(arrived);
    if (arrived == signalled_.size() + stepped_) return true;
    if (looks % 1000 != 0) {
      sched_yield();
      continue;
    }
    // Have some ended, or does one not answer?
    const int32_t* const silent = std::find_if(signalled_.begin(), signalled_.end(),
                                               [this](int32_t tid) { return Missing(tid); });
    silent_tid_ = silent == signalled_.end() ? 0 : *silent;
    if (silent_tid_ == 0 && arrived == g_arrived.load(std::memory_order_acquire)) return true;
    if (sched::NowNanos() > deadline) return false;
  }
}

bool StoppedWorld::Stop() {
  if (!threads_.Reserve(kMaxRows + 1) || !signalled_.Reserve(kMaxThreads)) return false;
  g_table.store(&threads_, std::memory_order_relaxed);
  g_rows.store(0, std::memory_order_relaxed);
  g_arrived.store(0, std::memory_order_relaxed);
  g_epoch.fetch_add(1, std::memory_order_release);
  stopped_ = true;
  // A thread may have been started by one that was not stopped yet: look until there is no new one.
  for (size_t known = SIZE_MAX; known != signalled_.size();) {
    known = signalled_.size();
    if (!SignalNew() || !AwaitArrivals()) {
      LetGo();
      return false;
    }
  }
  return true;
}

bool StoppedWorld::StepOn(size_t row) {
  if (threads_.size() == kMaxRows) return false;
  const int32_t tid = threads_[row].tid;
  threads_[row].tid = 0;
  ++stepped_;
  g_run_on[row].store(g_epoch.load(std::memory_order_relaxed), std::memory_order_release);
  sched::futex::Wake(&g_run_on[row], 1);
  usleep(kStepUs);  // signalled at once, it would come back before it has done anything
  syscall(SYS_tgkill, getpid(), tid, kSignal);
  // It may have started a thread, or ended.
  return SignalNew() && AwaitArrivals();
}

void StoppedWorld::LetGo() {
  if (!stopped_) return;
  stopped_ = false;
  const uint32_t epoch = g_epoch.fetch_add(1, std::memory_order_release);
  for (size_t row = 0; row < threads_.size(); ++row) {
    g_run_on[row].store(epoch, std::memory_order_release);
    sched::futex::Wake(&g_run_on[row], 1);
  }
}

}  // namespace muster::reach
