// FindLeaks: stops the threads, forks, lets them go; the child marks and tells the parent.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "muster/blocking.h"
#include "muster/leaks.h"
#include "runtime/reach/marker.h"
#include "runtime/reach/stop.h"
#include "runtime/record/system_threads.h"
#include "runtime/sched/lock.h"

namespace muster::reach {
namespace {

// What the child writes first; the ids of the stuck, those of the deadlocked and of
// the unstoppable, and pairs follow.
struct Header {
  char failure[128] = {};
  uint64_t candidates = 0;
  uint64_t scanned_bytes = 0;
  uint64_t stuck = 0;
  uint64_t deadlocked = 0;
  uint64_t unstoppable = 0;
  uint64_t could_wake = 0;

  size_t size() const {
    return (stuck + deadlocked + unstoppable) * sizeof(uint64_t) +
           could_wake * sizeof(Marker::CouldWake);
  }
};

sched::Lock g_one_at_a_time;

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(MUSTER_TSAN) && !defined(MUSTER_ASAN)
constexpr bool kSupported = true;
#else
constexpr bool kSupported = false;
#endif

// Where malloc's code lies: its functions are one object file of libc, in which those without a
// public name come first.
class MallocCode {
 public:
  MallocCode() {
    const void* const functions[] = {
        reinterpret_cast<void*>(&malloc),        reinterpret_cast<void*>(&free),
        reinterpret_cast<void*>(&calloc),        reinterpret_cast<void*>(&realloc),
        reinterpret_cast<void*>(&malloc_trim),   reinterpret_cast<void*>(&malloc_usable_size),
        reinterpret_cast<void*>(&memalign),      reinterpret_cast<void*>(&mallopt),
        reinterpret_cast<void*>(&aligned_alloc), reinterpret_cast<void*>(&posix_memalign),
        reinterpret_cast<void*>(&malloc_stats),  reinterpret_cast<void*>(&malloc_info)};
    for (const void* function : functions) {
      const auto address = reinterpret_cast<uintptr_t>(function);
      lo_ = std::min(lo_, address - kUnnamed);
      hi_ = std::max(hi_, address + kLongestFunction);
    }
  }

  // Whether the thread is inside malloc, or in something small that malloc has called: a system
  // call, memcpy, the wait for an arena's lock.
  bool Holds(const StoppedThread& thread) const {
    if (thread.tid == 0) return false;
    if (Contains(thread.pc)) return true;
    if (thread.pc < lo_ - kLibc || thread.pc > hi_ + kLibc) return false;
    for (uintptr_t at = thread.sp; at < thread.sp + kCallees; at += sizeof(uintptr_t)) {
      if (Contains(*reinterpret_cast<const uintptr_t*>(at))) return true;
    }
    return false;
  }

 private:
  static constexpr uintptr_t kLongestFunction = 4096;
  static constexpr uintptr_t kUnnamed = 20480;            // glibc 2.36: 16 KiB
  static constexpr uintptr_t kLibc = uintptr_t{2} << 20;  // libc's code is within that distance
  static constexpr uintptr_t kCallees = 128;              // what their frames take

  bool Contains(uintptr_t pc) const { return pc >= lo_ && pc < hi_; }

  uintptr_t lo_ = UINTPTR_MAX;
  uintptr_t hi_ = 0;
};

void WriteAll(int fd, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(fd, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(1);  // the parent has given up
    at += written;
    size -= static_cast<size_t>(written);
  }
}

// In the child, whose only thread this is. Nothing may be locked or allocated, but for malloc_trim,
// which puts blocks that malloc keeps at hand back where chunks tell that they are free; no thread
// held malloc's locks.
[[noreturn]] void MarkAndTell(int fd, const Buffer<StoppedThread>& threads,
                              const Buffer<Range>& ours) {
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) signal(fault, SIG_DFL);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  malloc_trim(0);
  Marker marker(threads, ours);
  Header header;
  if (const char* wrong = marker.Run()) {
    std::strncpy(header.failure, wrong, sizeof(header.failure) - 1);
    WriteAll(fd, &header, sizeof(header));
    _exit(0);
  }
  header.candidates = marker.candidates();
  header.scanned_bytes = marker.scanned_bytes();
  header.stuck = marker.stuck().size();
  header.deadlocked = marker.deadlocked().size();
  header.unstoppable = marker.unstoppable().size();
  header.could_wake = marker.could_wake().size();
  WriteAll(fd, &header, sizeof(header));
  for (const sched::G* g : marker.stuck()) WriteAll(fd, &g->id, sizeof(g->id));
  for (const sched::G* g : marker.deadlocked()) WriteAll(fd, &g->id, sizeof(g->id));
  for (const sched::G* g : marker.unstoppable()) WriteAll(fd, &g->id, sizeof(g->id));
  WriteAll(fd, marker.could_wake().begin(), marker.could_wake().size() * sizeof(Marker::CouldWake));
  _exit(0);
}

// Reads until the other end is closed; false when `deadline_ns` passes first.
bool ReadAll(int fd, int64_t deadline_ns, std::string* text) {
  char piece[1 << 16];
  for (;;) {
    const int64_t left = deadline_ns - sched::NowNanos();
    pollfd waiting = {fd, POLLIN, 0};
    if (left <= 0) return false;
    const int ready =
        poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left / 1'000'000, 60'000)) + 1);
    if (ready <= 0) continue;
    const ssize_t got = read(fd, piece, sizeof(piece));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    text->append(piece, static_cast<size_t>(got));
  }
}

// What the caller of FindLeaks may have: the registers that calls preserve, and its stack. What the
// search itself has in its frames, and what earlier calls left between them, is no root.
struct Caller {
  uintptr_t registers[6] = {};
  uintptr_t sp = 0;
};

__attribute__((always_inline)) inline void SaveCaller(Caller* caller) {
#if defined(__x86_64__)
  __asm__ volatile(
      "movq %%rbx, 0(%0)\n\tmovq %%rbp, 8(%0)\n\tmovq %%r12, 16(%0)\n\t"
      "movq %%r13, 24(%0)\n\tmovq %%r14, 32(%0)\n\tmovq %%r15, 40(%0)\n\t"
      "movq %%rsp, 48(%0)"
      :
      : "r"(caller)
      : "memory");
#endif
}

// Stops the world, and lets those run on that are inside malloc until none is. False, after filling
// in the report's failure, when that cannot be done.
bool StopOutsideMalloc(StoppedWorld* world, runtime::LeakReport* report) {
  constexpr int kMostSteps = 1000;
  static const MallocCode malloc_code;
  bool ok = world->Stop();
  for (int steps = 0; ok && steps < kMostSteps; ++steps) {
    const StoppedThread* const begin = world->threads().begin();
    const StoppedThread* const busy =
        std::find_if(begin, static_cast<const StoppedThread*>(world->threads().end()),
                     [](const StoppedThread& thread) { return malloc_code.Holds(thread); });
    if (busy == world->threads().end()) return true;
    ok = world->StepOn(static_cast<size_t>(busy - begin));
  }
  if (ok) {
    report->failure = "threads stayed inside malloc; try again";
  } else if (world->silent_tid() == 0) {
    report->failure = "the threads of the process cannot be listed";
  } else {
    report->failure = absl::StrCat("thread ", world->silent_tid(),
                                   " does not answer: it blocks SIGURG, or is stopped");
  }
  return false;
}

// Stops the world and forks. Returns the child's pid; 0, after filling in the report's failure,
// when that cannot be done.
pid_t ForkStopped(int fd, const Caller& caller, runtime::LeakReport* report) {
  StoppedWorld world;
  Buffer<Range> ours;
  if (!ours.Reserve(4)) {
    report->failure = "there is not enough address space";
    return 0;
  }
  const std::vector<record::SystemThread> tools = record::SystemThreads();
  const int64_t begin = sched::NowNanos();
  const bool stopped = StopOutsideMalloc(&world, report);
  pid_t child = 0;
  int error = 0;
  if (stopped) {
    StoppedThread self;
    self.tid = static_cast<int32_t>(syscall(SYS_gettid));
    self.sp = self.lowest = caller.sp;
    self.frame_lo = reinterpret_cast<uintptr_t>(caller.registers);
    self.frame_hi = self.frame_lo + sizeof(caller.registers);
    self.m = sched::CurrentM();
    stack_t other = {};
    if (sigaltstack(nullptr, &other) == 0 && (other.ss_flags & SS_DISABLE) == 0) {
      self.other_stack_lo = reinterpret_cast<uintptr_t>(other.ss_sp);
      self.other_stack_hi = self.other_stack_lo + other.ss_size;
    }
    world.threads().Push(self);
    for (StoppedThread& thread : world.threads()) {
      for (const record::SystemThread& tool : tools) {
        if (tool.tid == thread.tid) thread.tooling = tool.top;
      }
    }
    ours.Push(world.threads().Memory());
    ours.Push(world.signalled().Memory());
    ours.Push(ours.Memory());
    // Without a signal at its end, and so invisible to the program's own wait().
    child = static_cast<pid_t>(syscall(SYS_clone, 0, nullptr, nullptr, nullptr, 0));
    if (child == 0) MarkAndTell(fd, world.threads(), ours);
    error = errno;
  }
  world.LetGo();
  report->paused_ns = sched::NowNanos() - begin;
  if (child < 0) report->failure = absl::StrCat("fork: ", std::strerror(error));
  return std::max<pid_t>(child, 0);
}

void Understand(const std::string& text, int status, runtime::LeakReport* report) {
  if (WIFSIGNALED(status)) {
    report->failure = absl::StrCat("the search died of signal ", WTERMSIG(status));
    return;
  }
  Header header;
  if (text.size() < sizeof(header)) {
    report->failure = "the search ended without an answer";
    return;
  }
  std::memcpy(&header, text.data(), sizeof(header));
  report->failure = header.failure;
  report->candidates = header.candidates;
  report->scanned_bytes = header.scanned_bytes;
  if (text.size() != sizeof(header) + header.size()) {
    report->failure = "the search ended in the middle of its answer";
    return;
  }
  const char* at = text.data() + sizeof(header);
  const auto take = [&at](auto* list, size_t count) {
    list->resize(count);
    std::memcpy(list->data(), at, count * sizeof(list->front()));
    at += count * sizeof(list->front());
  };
  take(&report->goroutines, header.stuck);
  std::sort(report->goroutines.begin(), report->goroutines.end());
  take(&report->deadlocked, header.deadlocked);
  std::sort(report->deadlocked.begin(), report->deadlocked.end());
  take(&report->unstoppable, header.unstoppable);
  std::sort(report->unstoppable.begin(), report->unstoppable.end());
  std::vector<Marker::CouldWake> pairs;
  take(&pairs, header.could_wake);
  std::sort(pairs.begin(), pairs.end());
  for (const Marker::CouldWake& pair : pairs) {
    if (report->could_wake.empty() || report->could_wake.back().waiter != pair.waiter) {
      report->could_wake.push_back({.waiter = pair.waiter, .others = {}});
    }
    report->could_wake.back().others.push_back(pair.other);
  }
}

void Search(const Caller& caller, absl::Duration time_limit, runtime::LeakReport* report) {
  const sched::LockGuard one_at_a_time(g_one_at_a_time);
  const int64_t begin = sched::NowNanos();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    report->failure = absl::StrCat("pipe: ", std::strerror(errno));
    return;
  }
  const pid_t child = ForkStopped(ends[1], caller, report);
  close(ends[1]);
  if (child != 0) {
    std::string text;
    const bool in_time = ReadAll(ends[0], begin + absl::ToInt64Nanoseconds(time_limit), &text);
    if (!in_time) kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
    }
    if (in_time) {
      Understand(text, status, report);
    } else {
      report->failure = absl::StrCat("not done after ", absl::FormatDuration(time_limit));
    }
  }
  close(ends[0]);
  report->took_ns = sched::NowNanos() - begin;
}

}  // namespace
}  // namespace muster::reach

namespace muster::runtime {

// Its frame is the first that the search takes for the caller's: it must keep nothing else there.
__attribute__((noinline)) LeakReport FindLeaks(const LeakOptions& options) {
  reach::Caller caller;
  reach::SaveCaller(&caller);
  LeakReport report;
  if (!reach::kSupported) {
    report.failure = "leaks are proven on x86-64 with glibc only, and not under a sanitizer";
  } else if (sched::Started()) {
    Blocking([&] { reach::Search(caller, options.time_limit, &report); });
  }
  return report;
}

}  // namespace muster::runtime
