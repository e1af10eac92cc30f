#include "runtime/sched/thread.h"
#include "runtime/sched/futex.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/tls.h"
#include "runtime/stack/walk.h"

namespace muster::sched {
namespace {

Lock g_lock;
// Threads are numbered apart from goroutines, so that main is goroutine 1, as in Go.
std::atomic<uint64_t> g_next_thread_id{record::kFirstThreadId};
G* g_threads = nullptr;  // linked by G::link

// Unlinks the stand-in when its thread ends. The G itself is kept for reuse: a waker may still hold
// it in the last instructions of ReadyThread.
G* g_unused = nullptr;

struct ThreadEnd {
  G* g = nullptr;
  ~ThreadEnd() {
    if (g == nullptr) return;
    SetCurrentThreadG(nullptr);
    LockGuard guard(g_lock);
    for (G** at = &g_threads; *at != nullptr; at = &(*at)->link) {
      if (*at == g) {
        *at = g->link;
        break;
      }
    }
    record::Unref(g->labels);
    g->labels = nullptr;
    g->state.store(record::State::kDead, std::memory_order_release);
    g->link = g_unused;
    g_unused = g;
  }
};
thread_local ThreadEnd t_end;

}  // namespace

Lock& ThreadListLock() { return g_lock; }
G* FirstThreadLocked() { return g_threads; }

G* ThreadSelf() {
  G* g = CurrentThreadG();
  if (__builtin_expect(g != nullptr, 1)) return g;
  {
    LockGuard guard(g_lock);
    g = g_unused;
    if (g != nullptr) g_unused = g->link;
  }
  if (g == nullptr) g = new G;
  g->kind = record::Kind::kThread;
  g->id = g_next_thread_id.fetch_add(1, std::memory_order_relaxed);
  g->tid = static_cast<int32_t>(syscall(SYS_gettid));
  g->started_ns = NowNanos();
  g->thread_registers = nullptr;
  for (HeldRead& held : g->held) held = {};
  g->held_overflowed = false;
  g->state.store(record::State::kRunning, std::memory_order_release);
  SetCurrentThreadG(g);
  t_end.g = g;
  LockGuard guard(g_lock);
  g->link = g_threads;
  g_threads = g;
  return g;
}

void ParkThread(const WaitInfo& info, UnlockFn unlock, void* lock) {
  EnsureStarted();  // the monitor must run for a deadlock of threads alone to be seen
  G* g = ThreadSelf();
  g->wait = info;
  g->wait_since = Ticks();
  record::Observe(&hooks::Observers::on_block, g->id, info.reason, info.object);
  stack::Registers registers;
  stack::CaptureRegisters(&registers);
  g->thread_registers = &registers;
  g->thread_wake.store(0, std::memory_order_relaxed);
  g->state.store(record::State::kWaiting, std::memory_order_release);
  if (unlock != nullptr) unlock(lock);
  while (g->thread_wake.load(std::memory_order_acquire) == 0) futex::Wait(&g->thread_wake, 0);
  g->thread_registers = nullptr;
}

void ReadyThread(G* g) {
  Transition(g, record::State::kWaiting, record::State::kRunning);
  g->thread_wake.store(1, std::memory_order_release);
  futex::Wake(&g->thread_wake, 1);
}

}  // namespace muster::sched
