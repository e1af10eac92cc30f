#include "runtime/sched/m_thread.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "muster/debug.h"
#include "muster/panic.h"
#include "runtime/record/fatal.h"
#include "runtime/record/interrupt.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/affinity.h"
#include "runtime/stack/overflow.h"

namespace muster::sched {
namespace {

Lock g_lock;
M* g_unused = nullptr;  // Ms without a thread, linked by idle_link; guarded by g_lock
std::atomic<int> g_running{0};
std::atomic<int> g_most{10'000};  // Go's default

void SetStackBounds(G* g0) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* low = nullptr;
  size_t size = 0;
  pthread_attr_getstack(&attributes, &low, &size);
  g0->stack_lo = reinterpret_cast<uintptr_t>(low);
  g0->stack_hi = g0->stack_lo + size;
  pthread_attr_destroy(&attributes);
}

void* ThreadMain(void* arg) {
  M* m = static_cast<M*>(arg);
  SetCurrentM(m);
  m->loop_top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  m->exception_globals = ThreadExceptionGlobals();
  m->errno_location = ThreadErrno();
  m->tid.store(static_cast<int32_t>(syscall(SYS_gettid)), std::memory_order_relaxed);
  char name[16];
  std::snprintf(name, sizeof(name), "muster-m%d", m->id);
  pthread_setname_np(pthread_self(), name);
  ApplyAffinity(m);
  m->g0.tsan_fiber = tsan::CurrentFiber();
  SetStackBounds(&m->g0);
  stack::InstallSignalStack(m);
  record::PrepareThreadForInterrupts();
  ScheduleLoop(m);
  m->tid.store(0, std::memory_order_relaxed);
  stack::RemoveSignalStack(m);
  SetCurrentM(nullptr);
  g_running.fetch_sub(1, std::memory_order_relaxed);
  LockGuard guard(g_lock);
  m->idle_link = g_unused;
  g_unused = m;
  return nullptr;
}

// SplitMix64's last step. Seeds are small numbers that people count up: without it they would
// differ in a few low bits only, and so would the draws.
uint32_t Scatter(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return static_cast<uint32_t>((x ^ (x >> 31)) >> 32);
}

// An M that is on the list of all Ms and has no thread.
M* UnusedM() {
  {
    LockGuard guard(g_lock);
    if (M* m = g_unused) {
      g_unused = m->idle_link;
      return m;
    }
  }
  static std::atomic<int> ids{0};
  M* m = new M;
  m->id = ids.fetch_add(1, std::memory_order_relaxed);
  m->g0.is_g0 = true;
  m->g0.state.store(record::State::kRunning, std::memory_order_relaxed);
  const uint64_t seed = ScheduleSeed() != 0 ? ScheduleSeed() : static_cast<uint64_t>(NowNanos());
  m->random = Scatter(seed + static_cast<uint64_t>(m->id) * 0x9e3779b97f4a7c15) | 1;
  // Push-front onto the append-only list; release publishes the M's fields to captures.
  M* head = g_scheduler.all_m.load(std::memory_order_relaxed);
  do {
    m->all_link = head;
  } while (!g_scheduler.all_m.compare_exchange_weak(head, m, std::memory_order_release,
                                                    std::memory_order_relaxed));
  return m;
}

}  // namespace

void StartThread(P* p, bool spinning) {
  const int running = g_running.fetch_add(1, std::memory_order_relaxed);
  const int most = g_most.load(std::memory_order_relaxed);
  if (running >= most) {
    char text[160];
    std::snprintf(text, sizeof(text),
                  "thread exhaustion: the program exceeds the %d-thread limit "
                  "(debug::SetMaxThreads); so many goroutines block in system calls or are locked "
                  "to their threads",
                  most);
    record::Fatal(text);
  }
  M* m = UnusedM();
  m->idle_link = nullptr;
  m->wake.store(0, std::memory_order_relaxed);
  m->spinning = spinning;
  m->next_p = p;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, &ThreadMain, m);
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    char text[128];
    std::snprintf(text, sizeof(text),
                  "cannot start an OS thread (pthread_create: error %d, %d threads so far); raise "
                  "the limit on tasks",
                  error, running);
    record::Fatal(text);
  }
}

}  // namespace muster::sched

namespace muster::debug {

int SetMaxThreads(int threads) {
  if (threads < 1) throw Panic("debug.SetMaxThreads: the limit must be at least 1");
  return sched::g_most.exchange(threads, std::memory_order_relaxed);
}

}  // namespace muster::debug
