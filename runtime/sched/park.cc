#include "runtime/sched/park.h"

#include "muster/runtime.h"
#include "runtime/record/contention.h"
#include "runtime/record/fatal.h"
#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/give_way.h"
#include "runtime/sched/held.h"
#include "runtime/sched/note_ready.h"
#include "runtime/sched/park_here.h"
#include "runtime/sched/point.h"
#include "runtime/sched/region.h"
#include "runtime/sched/schedule.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"
#include "runtime/sched/thread.h"

namespace muster::sched {
namespace {

// Lets others run; the caller goes to the end of its P's queue.
void Yield(G* g) {
  if (record::InsideObserver()) return;
  M* m = CurrentM();
  if (m->p == nullptr) {  // in a blocking region: others have their own threads
    sched_yield();
    return;
  }
  if (g_schedule != nullptr) {
    CollectReady(m->p);
    LeaveForNext(m, g, g_schedule->Yields(g) ? nullptr : FindDirect(m, 0), Departure::kYield);
    return;
  }
  // Those who yield in turn leave the next slot empty.
  G* next = FindDirectSlow(m, m->p->timers.NextWhen() == kNever ? 0 : Ticks());
  if (next == nullptr && !NeedsSchedulerLoop(m)) {  // there is nobody else
    BeginNewRun(g);
    return;
  }
  LeaveForNext(m, g, next, Departure::kYield);
}

}  // namespace

bool HolderMayRun(const M* m) {
  const int running = BusyPs() - g_scheduler.spinning.load(std::memory_order_relaxed);
  if (m == nullptr || m->p == nullptr) return running > 0;
  return running > 1 || !m->p->queue.Empty();
}

G* Self() {
  M* m = CurrentM();
  if (m == nullptr) return ThreadSelf();
  G* g = m->current.load(std::memory_order_relaxed);
  return g != nullptr ? g : &m->g0;
}

uint64_t Id(const G* g) { return g->id; }

namespace {
void PrepareToPark(G* g, const WaitInfo& info, UnlockFn unlock, void* lock) {
  WriteWait(g, info, unlock, lock);
  record::Observe(&hooks::Observers::on_block, g->id, info.reason, info.object);
}

// With `lock` held nobody may wait for a P, so it goes without one if the old one is taken.
void ParkInRegion(M* m, const WaitInfo& info, UnlockFn unlock, void* lock) {
  G* const g = m->current.load(std::memory_order_relaxed);
  SuspendRegion(m, g);
  PrepareToPark(g, info, unlock, lock);
  if (g->in_bubble) {
    ParkInBubble(g, info, unlock, lock);
  } else {
    G* const next = m->p == nullptr ? nullptr : FindDirect(m, g->wait_since);
    LeaveForNext(m, g, next, Departure::kPark);
  }
  ResumeRegion();
}

void ParkUnprofiled(const WaitInfo& info, UnlockFn unlock, void* lock) {
  if (record::InsideObserver()) {
    record::Fatal("an observer (muster/hooks.h) has called something that blocks");
  }
  M* m = CurrentM();
  if (m == nullptr) {
    ParkThread(info, unlock, lock);
    return;
  }
  if (m->p == nullptr) {
    ParkInRegion(m, info, unlock, lock);
    return;
  }
  G* const g = m->current.load(std::memory_order_relaxed);
  PrepareToPark(g, info, unlock, lock);
  if (g->in_bubble) {
    ParkInBubble(g, info, unlock, lock);
    return;
  }
  LeaveForNext(m, g, FindDirect(m, g->wait_since), Departure::kPark);
}

}  // namespace

__attribute__((noinline, cold)) void ParkSpecially(const WaitInfo& info, UnlockFn unlock,
                                                   void* lock) {
  const bool counts = record::ProfilesBlocking() && record::IsBlocking(info.reason);
  const int64_t start = counts ? NowNanos() : 0;
  ParkUnprofiled(info, unlock, lock);
  if (counts) record::NoteBlocked(NowNanos() - start);
}

void Park(const WaitInfo& info, UnlockFn unlock, void* lock) { ParkHere(info, unlock, lock); }

namespace {

// Puts a goroutine that has become runnable where it runs as soon as the caller parks. That is most
// likely before another M would be awake, so none is woken for it; the monitor sees to the rest.
inline void RunNext(M* m, G* g) {
  const bool alone = EnqueueNext(m->p, g);
  if (!alone || m->current.load(std::memory_order_relaxed) == nullptr) WakeOneForOwn();
}

// Ready where there is something special about either side.
__attribute__((noinline, cold)) void ReadySpecially(M* m, G* g) {
  NoteReady(g);
  if (g->kind == record::Kind::kThread) {
    ReadyThread(g);
    return;
  }
  if (g->in_bubble && g->wait.durable) CountWoken(g->bubble);
  Transition(g, record::State::kWaiting, record::State::kRunnable);
  if (m == nullptr || m->p == nullptr) {
    EnqueueGlobal(g);
    return;
  }
  // A seeded schedule now and then breaks the habit of running the one readied last first.
  if (ScheduleSeed() != 0 && FastRand() % 4 == 0) {
    EnqueueLast(m->p, g);
    WakeOneForOwn();
    return;
  }
  RunNext(m, g);
}

}  // namespace

void Ready(G* g) {
  M* const m = CurrentM();
  if (__builtin_expect(m == nullptr || m->p == nullptr || g->kind == record::Kind::kThread ||
                           g->in_bubble || record::AnyObservers() || ScheduleSeed() != 0,
                       0)) {
    ReadySpecially(m, g);
    return;
  }
  Transition(g, record::State::kWaiting, record::State::kRunnable);
  RunNext(m, g);
}

void SchedulingPointSlow(M* m) {
  G* const g = m->current.load(std::memory_order_relaxed);
  if (g == nullptr) return;
  if (g_schedule != nullptr) {
    CollectReady(m->p);
    if (g_schedule->Preempts(g)) LeaveForNext(m, g, FindDirect(m, 0), Departure::kYield);
    return;
  }
  if (m->p->preempt.load(std::memory_order_relaxed)) {
    m->p->preempt.store(false, std::memory_order_relaxed);
    Yield(g);
  } else if (FastRand() % 8 == 0) {
    Yield(g);
  }
}

void BusyPointSlow(G* g) {
  g->busy_count = 0;
  Yield(g);
}

void NoteReadLock(const void* lock, const void* pc) {
  G* g = Self();
  const RegionChange change(g);
  g->noted_reads = true;
  for (HeldRead& held : g->held) {
    if (held.lock == nullptr) {
      held = {lock, pc};
      return;
    }
  }
  g->held_overflowed = true;
}

void NoteReadUnlock(const void* lock) {
  G* g = Self();
  const RegionChange change(g);
  for (int i = kMaxHeldReads - 1; i >= 0; --i) {
    if (g->held[i].lock == lock) {
      g->held[i] = {};
      return;
    }
  }
}

void ForgetReadLocks(G* g) {
  for (HeldRead& held : g->held) held = {};
  g->held_overflowed = false;
  g->noted_reads = false;
}

}  // namespace muster::sched

namespace muster::runtime {

void Gosched() {
  sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr) {
    sched_yield();
    return;
  }
  sched::Yield(g);
}

}  // namespace muster::runtime
