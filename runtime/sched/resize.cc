#include "runtime/sched/resize.h"

#include <algorithm>

#include "muster/runtime.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/procs.h"
#include "runtime/sched/schedule.h"

namespace muster::sched {
namespace {

constexpr int64_t kFollowInterval = 1'000'000'000;

// Serialises those who set the number with the monitor, which must not undo what a program has
// said.
Lock g_set_lock;
bool g_follows = false;  // whether the number follows the limits; guarded by g_set_lock

void KeepOrMake(P* p, int id) {
  if (!p->exists) {
    p->id = id;
    p->exists = true;
    g_scheduler.active.fetch_add(1, std::memory_order_seq_cst);
    PushIdleP(p);
  }
  p->detour.store(false, std::memory_order_seq_cst);
  // The other side is Freeze, which says so first and then sends every P on the detour.
  if (g_scheduler.frozen.load(std::memory_order_seq_cst)) {
    p->detour.store(true, std::memory_order_seq_cst);
  }
}

void DrainQueue(P* p) {
  constexpr uint32_t kBatch = 64;
  G* batch[kBatch];
  uint32_t count = 0;
  bool inherits_slice = false;
  while (G* g = p->queue.Pop(&inherits_slice)) {
    batch[count++] = g;
    if (count < kBatch) continue;
    EnqueueGlobalBatch(batch, count);
    count = 0;
  }
  if (count != 0) EnqueueGlobalBatch(batch, count);
}

void MoveTimers(P* p) {
  TimerHeap* const first = &g_scheduler.ps[0].timers;  // of the P that is always wanted
  if (p->timers.NextWhen() == kNever) return;
  p->timers.MoveTo(first);
  TimerAdded(first->NextWhen());
}

// Asks for that many Ps and returns how many there were to be before.
int Resize(int procs) {
  P* unwanted = nullptr;
  int before = 0;
  {
    LockGuard guard(g_scheduler.lock);
    before = g_scheduler.procs.load(std::memory_order_relaxed);
    const int used = std::max(g_scheduler.used.load(std::memory_order_relaxed), procs);
    g_scheduler.used.store(used, std::memory_order_relaxed);
    g_scheduler.procs.store(procs, std::memory_order_relaxed);
    for (int i = used - 1; i >= 0; --i) {
      P* const p = &g_scheduler.ps[i];
      if (i < procs) {
        KeepOrMake(p, i);
        continue;
      }
      p->detour.store(true, std::memory_order_seq_cst);
      p->preempt.store(true, std::memory_order_relaxed);
      if (p->exists && RemoveIdleP(p)) {
        p->link = unwanted;
        unwanted = p;
      }
    }
  }
  while (unwanted != nullptr) {
    P* const next = unwanted->link;
    Retire(unwanted);
    unwanted = next;
  }
  // More Ps: the first one that is woken wakes the next, as long as there is work.
  if (procs > before && before != 0) WakeOne();
  return before;
}

}  // namespace

int SetProcs(int procs, bool follow) {
  LockGuard guard(g_set_lock);
  g_follows = follow;
  return Resize(procs);
}

void Retire(P* p) {
  if (p->id != 0) {
    DrainQueue(p);
    MoveTimers(p);
    p->free.GiveAway();
  }
  {
    LockGuard guard(g_scheduler.lock);
    if (p->id < g_scheduler.procs.load(std::memory_order_relaxed)) {
      PushIdleP(p);
    } else {
      p->exists = false;
      g_scheduler.active.fetch_sub(1, std::memory_order_seq_cst);
    }
  }
  // If it was kept: what it left behind may have found nobody to do it.
  WakeOne();
}

void FollowLimits(int64_t now_ns) {
  static int64_t last_ns = 0;
  if (now_ns - last_ns < kFollowInterval || g_schedule != nullptr) return;
  last_ns = now_ns;
  const tsan::IgnoreScope ignore;  // of the files that are read
  const int procs = DefaultProcs();
  LockGuard guard(g_set_lock);
  if (!g_follows) return;
  if (procs != g_scheduler.procs.load(std::memory_order_relaxed)) Resize(procs);
}

}  // namespace muster::sched

namespace muster::runtime {

namespace {

// The caller's own P may be one too many.
void GiveUpUnwantedP(int before, int now) {
  if (now < before && sched::CurrentGoroutine() != nullptr) Gosched();
}

}  // namespace

int GOMAXPROCS(int n) {
  sched::EnsureStarted();
  if (n < 1 || sched::g_schedule != nullptr) {
    return sched::g_scheduler.procs.load(std::memory_order_relaxed);
  }
  const int procs = std::min(n, sched::kMaxProcs);
  const int before = sched::SetProcs(procs, false);
  GiveUpUnwantedP(before, procs);
  return before;
}

void SetDefaultGOMAXPROCS() {
  sched::EnsureStarted();
  if (sched::g_schedule != nullptr) return;
  const int procs = sched::DefaultProcs();
  GiveUpUnwantedP(sched::SetProcs(procs, true), procs);
}

int NumCPU() { return sched::CpusAtStart(); }

}  // namespace muster::runtime
