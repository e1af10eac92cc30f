#include "runtime/sched/scheduler.h"
#include "runtime/sched/futex.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/net/poller.h"
#include "runtime/record/fatal.h"
#include "runtime/record/interrupt.h"
#include "runtime/record/lock_order.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/m_thread.h"
#include "runtime/sched/note_ready.h"
#include "runtime/sched/procs.h"
#include "runtime/sched/resize.h"
#include "runtime/sched/schedule.h"
#include "runtime/sched/switch.h"
#include "runtime/sched/thread.h"

namespace muster::sched {

constinit SchedulerStorage g_scheduler_storage;

namespace {

std::atomic<uint32_t> g_started{0};  // 0 no, 1 being started, 2 yes

uint32_t NextRandom(M* m) {
  // xorshift32 (Marsaglia, "Xorshift RNGs", 2003).
  uint32_t x = m->random;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  m->random = x;
  return x;
}

void BindP(M* m, P* p) {
  m->p = p;
  p->m.store(m, std::memory_order_release);
}

P* UnbindP(M* m) {
  P* p = m->p;
  m->p = nullptr;
  p->m.store(nullptr, std::memory_order_release);
  return p;
}

// ---- lists under the scheduler lock

P* PopIdleP() {
  P* p = g_scheduler.idle_p;
  if (p != nullptr) {
    g_scheduler.idle_p = p->link;
    g_scheduler.idle_p_count.fetch_sub(1, std::memory_order_seq_cst);
  }
  return p;
}

void PushIdleM(M* m) {
  m->idle_link = g_scheduler.idle_m;
  g_scheduler.idle_m = m;
}

// The sleeper is left alone while another M can be had: it is the one that fires timers on time.
M* PopIdleM() {
  M** link = &g_scheduler.idle_m;
  while (*link != nullptr && (*link)->is_sleeper) link = &(*link)->idle_link;
  M* m = *link;
  if (m != nullptr) *link = m->idle_link;
  return m;
}

bool RemoveIdleM(M* m) {
  for (M** link = &g_scheduler.idle_m; *link != nullptr; link = &(*link)->idle_link) {
    if (*link == m) {
      *link = m->idle_link;
      return true;
    }
  }
  return false;
}

// All writers of global_size hold the lock. The sequentially consistent store is the half of a
// Dekker pattern with the M that goes idle: see FindRunnable.
void CountGlobalLocked(uint32_t change) {
  g_scheduler.global_size.store(g_scheduler.global_size.load(std::memory_order_relaxed) + change,
                                std::memory_order_seq_cst);
}

G* PopGlobalLocked() {
  G* const g = g_scheduler.global.Pop();
  if (g != nullptr) CountGlobalLocked(static_cast<uint32_t>(-1));
  return g;
}

void PushGlobalLocked(G* const* batch, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) g_scheduler.global.Push(batch[i]);
  CountGlobalLocked(count);
}

// A P's fair share of the global queue, up to half of what its own queue holds; returns how many.
uint32_t TakeGlobalShare(G** batch) {
  LockGuard guard(g_scheduler.lock);
  const uint32_t size = g_scheduler.global_size.load(std::memory_order_relaxed);
  const auto procs = static_cast<uint32_t>(g_scheduler.procs.load(std::memory_order_relaxed));
  const uint32_t share = size / procs + 1;
  const uint32_t count = std::min({share, size, RunQueue::kCapacity / 2});
  for (uint32_t i = 0; i < count; ++i) batch[i] = g_scheduler.global.Pop();
  if (count != 0) CountGlobalLocked(-count);
  return count;
}

// One of the share to run, the others go to the P's own queue.
G* PopGlobal(P* p) {
  if (g_scheduler.global_size.load(std::memory_order_seq_cst) == 0) return nullptr;
  G* batch[RunQueue::kCapacity / 2];
  const uint32_t count = TakeGlobalShare(batch);
  if (count == 0) return nullptr;
  for (uint32_t i = 1; i < count; ++i) {
    if (p->queue.PushBack(batch[i])) continue;
    LockGuard guard(g_scheduler.lock);
    PushGlobalLocked(batch + i, count - i);
    break;
  }
  return batch[0];
}

// Sequentially consistent: the other side is the sleeper, see poll::LookAndWait.
void WakeM(M* m) {
  m->wake.store(1, std::memory_order_seq_cst);
  if (m->in_poller.load(std::memory_order_seq_cst)) {
    poll::Interrupt();
  } else {
    futex::Wake(&m->wake, 1);
  }
}

// Runs an M with `p` (or an idle P when null). `spinning`: the caller has counted it as spinning.
void StartM(P* p, bool spinning) {
  M* m = nullptr;
  {
    LockGuard guard(g_scheduler.lock);
    if (p == nullptr) p = PopIdleP();
    if (p == nullptr) {
      if (spinning) g_scheduler.spinning.fetch_sub(1, std::memory_order_seq_cst);
      return;
    }
    m = PopIdleM();
  }
  NudgeMonitor();
  if (m == nullptr) {
    StartThread(p, spinning);
    return;
  }
  m->spinning = spinning;
  m->next_p = p;
  WakeM(m);
}

int64_t EarliestTimer() {
  if (g_schedule != nullptr) return kNever;  // nobody sleeps until then: see AdvanceClock
  int64_t earliest = kNever;
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    const int64_t when = g_scheduler.ps[i].timers.NextWhen();
    if (when < earliest) earliest = when;
  }
  return earliest;
}

// What the sleeper does: waits for at most `timeout_ns` (negative: no limit), for its wake, and for
// those who wait for descriptors, if there ever were any.
void SleepAsSleeper(M* m, int64_t timeout_ns, poll::ReadyList* ready) {
  if (!poll::Active()) {
    futex::Wait(&m->wake, 0, timeout_ns);
    return;
  }
  m->in_poller.store(true, std::memory_order_seq_cst);
  poll::LookAndWait(timeout_ns, m->wake, ready);
  m->in_poller.store(false, std::memory_order_relaxed);
}

// Waits until somebody hands this M a P. The M is on the idle list. Returns false when it slept as
// the sleeper, and a timer may be due or somebody is on the `ready` list.
bool WaitForP(M* m, poll::ReadyList* ready) {
  for (;;) {
    if (m->wake.exchange(0, std::memory_order_acquire) != 0 && m->next_p != nullptr) {
      BindP(m, m->next_p);
      m->next_p = nullptr;
      return true;
    }
    if (!m->is_sleeper) {
      futex::Wait(&m->wake, 0);
      continue;
    }
    const int64_t deadline = EarliestTimer();
    g_scheduler.sleeper_deadline.store(deadline, std::memory_order_seq_cst);
    // A timer added before the store is seen now; one added after it sees the deadline and wakes
    // us.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const int64_t earliest = EarliestTimer();
    if (earliest != deadline) continue;
    const int64_t now = NowNanos();
    if (earliest <= now) return false;
    SleepAsSleeper(m, earliest == kNever ? -1 : earliest - now, ready);
    if (ready->count > 0) return false;
  }
}

// Makes those runnable who can go on; threads run on by themselves and leave the list.
void MakeRunnable(poll::ReadyList* list) {
  int count = 0;
  for (int i = 0; i < list->count; ++i) {
    G* const g = list->ready[i];
    NoteReady(g);
    if (g->kind == record::Kind::kThread) {
      ReadyThread(g);
      continue;
    }
    Transition(g, record::State::kWaiting, record::State::kRunnable);
    list->ready[count++] = g;
  }
  list->count = count;
}

// Puts them on the queue of this M's P, the M being about to look there.
void EnqueueReady(M* m, poll::ReadyList* list) {
  for (int i = 0; i < list->count; ++i) EnqueueLast(m->p, list->ready[i]);
  if (list->count > 1) WakeOneForOwn();
  list->count = 0;
}

// A look at the poller that does not block.
void ServePoller(M* m) {
  poll::ReadyList list;
  poll::Look(&list);
  MakeRunnable(&list);
  EnqueueReady(m, &list);
}

// There is one sleeper at a time, and none when no timer is pending and nobody waits for a
// descriptor.
void BecomeSleeperLocked(M* m) {
  if (g_scheduler.sleeper_deadline.load(std::memory_order_relaxed) != kNoSleeper) return;
  const int64_t earliest = EarliestTimer();
  if (earliest == kNever && !poll::AnyoneWaits()) return;
  m->is_sleeper = true;
  g_scheduler.sleeper_deadline.store(earliest, std::memory_order_seq_cst);
}

// An M has been woken: it is the sleeper no more. True: it holds a P, having been handed one or
// found one idle. When every P is running, it will wait without a deadline, and what it has found
// goes to the global queue: a running P fires its timers and looks at the poller on one of its next
// passes, and the M that goes idle next becomes the sleeper.
bool LeaveSleep(M* m, bool handed, poll::ReadyList* ready) {
  LockGuard guard(g_scheduler.lock);
  if (m->is_sleeper) {
    m->is_sleeper = false;
    g_scheduler.sleeper_deadline.store(kNoSleeper, std::memory_order_seq_cst);
  }
  if (handed) return true;
  if (g_scheduler.idle_p != nullptr && RemoveIdleM(m)) {
    BindP(m, PopIdleP());
    return true;
  }
  // If somebody has taken this M off the idle list, a P is on its way; others may be sooner.
  if (ready->count > 0) PushGlobalLocked(ready->ready, static_cast<uint32_t>(ready->count));
  ready->count = 0;
  return false;
}

// Parks an M without a P until there is something to do; it then holds a P.
void StopM(M* m) {
  poll::ReadyList ready;
  {
    LockGuard guard(g_scheduler.lock);
    PushIdleM(m);
    // This M's P was made idle before; a timer or a waiting thread added since then either is seen
    // here or finds that P idle and wakes an M (the fence pairs with those in TimerAdded and
    // PollWaitAdded).
    std::atomic_thread_fence(std::memory_order_seq_cst);
    BecomeSleeperLocked(m);
  }
  for (;;) {
    const bool handed = WaitForP(m, &ready);
    MakeRunnable(&ready);
    if (LeaveSleep(m, handed, &ready)) break;
  }
  NudgeMonitor();
  EnqueueReady(m, &ready);
}

// Whether there is something that an M without work could take. What is only in a next slot is
// mostly run by its owner at once, so it counts for those only who have not yet tried to take it.
bool AnyQueueHasWork(bool count_next_slots) {
  if (g_scheduler.global_size.load(std::memory_order_seq_cst) != 0) return true;
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    const RunQueue& queue = g_scheduler.ps[i].queue;
    if (count_next_slots ? !queue.Empty() : queue.Size() != 0) return true;
  }
  return false;
}

// Looks for work at every other P, a few times in random order; the last time also in next slots
// and timer heaps, which is dearer for the victim. It takes about as long (10 us) as it costs
// another one to wake this thread once it sleeps: a P that starts goroutines one at a time would
// otherwise pay for a wake at each.
G* Steal(M* m) {
  P* const self = m->p;
  constexpr int kRounds = 12;
  constexpr int kPauses = 30;
  const int procs = g_scheduler.used.load(std::memory_order_relaxed);
  for (int round = 0; round < kRounds; ++round) {
    const bool last = round == kRounds - 1;
    for (int i = 0; round > 0 && i < kPauses; ++i) __builtin_ia32_pause();
    const uint32_t start = NextRandom(m);
    for (int i = 0; i < procs; ++i) {
      P* victim =
          &g_scheduler.ps[(start + static_cast<uint32_t>(i)) % static_cast<uint32_t>(procs)];
      if (last && victim->timers.NextWhen() != kNever) {
        if (victim->timers.RunExpired(SchedulerNanos()) > 0) {
          // What a timer readied is in our own queue.
          bool inherits = false;
          if (G* g = self->queue.Pop(&inherits)) return g;
        }
      }
      if (victim == self) continue;
      if (G* g = victim->queue.StealInto(&self->queue, last)) return g;
    }
  }
  return nullptr;
}

void StopSpinning(M* m) {
  m->spinning = false;
  g_scheduler.spinning.fetch_sub(1, std::memory_order_seq_cst);
}

// Moves a schedule's clock to `next_ns`; false when that is never.
bool AdvanceClock(P* p, int64_t next_ns) {
  if (next_ns == kNever) return false;
  g_schedule_ns = std::max(g_schedule_ns, next_ns);
  p->timers.RunExpired(g_schedule_ns);
  return true;
}

// The next goroutine from the next slot, the queue, or the global queue when it is its turn.
G* TakeFromQueues(P* p);

// Blocks until this M has a P and a goroutine to run on it.
G* FindRunnable(M* m) {
  bool first_search = true;
  for (;;) {
    if (m->p == nullptr) {
      StopM(m);
      first_search = true;
    }
    if (g_scheduler.frozen.load(std::memory_order_relaxed)) {
      for (;;) futex::Wait(&m->wake, m->wake.load(std::memory_order_relaxed));
    }
    P* const p = m->p;
    if (__builtin_expect(p->detour.load(std::memory_order_relaxed), 0)) {
      if (m->spinning) StopSpinning(m);
      Retire(UnbindP(m));
      continue;
    }
    if (g_schedule != nullptr && g_schedule->TimeIsUp()) {
      // Those that yield look at what no timer knows that they wait for.
      AdvanceClock(p, p->timers.NextWhen());
    }
    if (__builtin_expect(poll::LookIsDue(), 0)) ServePoller(m);
    if (G* g = FindLocal(m, p->timers.NextWhen() == kNever ? 0 : SchedulerNanos())) return g;
    if (poll::WorthALook()) {
      ServePoller(m);
      if (G* g = TakeFromQueues(p)) return g;
    }
    if (g_schedule != nullptr && AdvanceClock(p, p->timers.EarliestWake())) continue;
    // At most half of the busy Ps look for work at a time, or idle ones would burn all the CPU.
    if (m->spinning || 2 * g_scheduler.spinning.load(std::memory_order_relaxed) < BusyPs()) {
      if (!m->spinning) {
        m->spinning = true;
        g_scheduler.spinning.fetch_add(1, std::memory_order_seq_cst);
      }
      if (G* g = Steal(m)) return g;
    }
    {
      LockGuard guard(g_scheduler.lock);
      if (G* g = PopGlobalLocked()) return g;
      if (p->detour.load(std::memory_order_relaxed)) continue;
      PushIdleP(UnbindP(m));
    }
    if (m->spinning) {
      StopSpinning(m);
      // Work that was made available before the line above may have woken nobody, since this M was
      // spinning. Look again (the fence pairs with the one in WakeOne).
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if (AnyQueueHasWork(std::exchange(first_search, false))) {
        LockGuard guard(g_scheduler.lock);
        if (P* again = PopIdleP()) {
          BindP(m, again);
          m->spinning = true;
          g_scheduler.spinning.fetch_add(1, std::memory_order_seq_cst);
        }
      }
    }
  }
}

// Gives this M's P to the M that the goroutine is locked to, and waits for a new one.
void RunLocked(M* m, G* g) {
  M* owner = g->locked_m;
  P* p = UnbindP(m);
  owner->next_p = p;
  WakeM(owner);
}

// The M's own goroutine is locked to it and does not run: pass the P on and wait until it does.
void WaitForLockedG(M* m) {
  if (m->p != nullptr) HandOff(UnbindP(m));
  for (;;) {
    if (m->wake.exchange(0, std::memory_order_acquire) != 0 && m->next_p != nullptr) break;
    futex::Wait(&m->wake, 0);
  }
  BindP(m, m->next_p);
  m->next_p = nullptr;
}

// A clock for each park would cost more than the switch does. With work at hand, timers are looked
// at every 20 us by the counter that the park has read anyway.
bool TimerIsDue(P* p, int64_t now_ticks) {
  if (g_schedule != nullptr) return false;  // its clock stands still while anything can run
  if (now_ticks - p->timers_seen < g_scheduler.timer_look_ticks) return false;
  p->timers_seen = now_ticks;
  return p->timers.NextWhen() <= SchedulerNanos();
}

}  // namespace

void PushIdleP(P* p) {
  p->link = g_scheduler.idle_p;
  g_scheduler.idle_p = p;
  g_scheduler.idle_p_count.fetch_add(1, std::memory_order_seq_cst);
}

bool RemoveIdleP(P* p) {
  for (P** link = &g_scheduler.idle_p; *link != nullptr; link = &(*link)->link) {
    if (*link != p) continue;
    *link = p->link;
    g_scheduler.idle_p_count.fetch_sub(1, std::memory_order_seq_cst);
    return true;
  }
  return false;
}

bool Started() { return g_started.load(std::memory_order_acquire) == 2; }

void EnsureStarted() {
  if (__builtin_expect(Started(), 1)) return;
  uint32_t expected = 0;
  if (!g_started.compare_exchange_strong(expected, 1, std::memory_order_acq_rel)) {
    while (!Started()) futex::Wait(&g_started, 1);
    return;
  }
  tsan::Initialize();
  ReadScheduleSeed();
  record::ReadLockOrderSetting();
  g_scheduler.timer_look_ticks = TicksOf(kTimerLook);
  ReadSchedule();
  const int wanted = g_schedule != nullptr ? 1 : ProcsOfEnvironment();
  SetProcs(wanted != 0 ? wanted : DefaultProcs(), wanted == 0);
  record::InstallFatalHandlers();
  record::InstallInterruptHandler();
  StartMonitor();
  std::atexit([] { Freeze(); });
  g_started.store(2, std::memory_order_release);
  futex::Wake(&g_started, 1 << 20);
  record::NotifyRuntimeStarted();
}

void EnqueueLast(P* p, G* g) {
  while (!p->queue.PushBack(g)) {
    G* batch[RunQueue::kCapacity / 2];
    const uint32_t count = p->queue.PopHalf(batch);
    if (count == 0) continue;
    LockGuard guard(g_scheduler.lock);
    PushGlobalLocked(batch, count);
  }
}

void EnqueueGlobal(G* g) { EnqueueGlobalBatch(&g, 1); }

void EnqueueGlobalBatch(G* const* batch, uint32_t count) {
  {
    LockGuard guard(g_scheduler.lock);
    PushGlobalLocked(batch, count);
  }
  WakeOne();
}

void EnqueueYielded(M* m, G* g) {
  EnqueueLast(m->p, g);
  WakeOneForOwn();
}

G* FindLocal(M* m, int64_t now_ns) {
  P* const p = m->p;
  if (g_scheduler.frozen.load(std::memory_order_relaxed)) return nullptr;
  if (p->timers.NextWhen() <= now_ns) p->timers.RunExpired(now_ns);
  return TakeFromQueues(p);
}

void CollectReady(P* p) {
  const tsan::IgnoreScope ignore;
  bool inherits_slice = false;
  for (;;) {
    G* g = p->queue.Pop(&inherits_slice);
    if (g == nullptr) g = PopGlobal(p);  // others of its share go to the queue
    if (g == nullptr) return;
    g_schedule->Add(g);
  }
}

namespace {
G* TakeFromQueues(P* p) {
  if (__builtin_expect(g_schedule != nullptr, 0)) {
    CollectReady(p);
    return g_schedule->Take();
  }
  const uint32_t tick = p->tick.load(std::memory_order_relaxed);
  if (tick % kGlobalPollInterval == 0) {
    if (G* g = PopGlobal(p)) {
      p->tick.store(tick + 1, std::memory_order_relaxed);
      return g;
    }
  }
  bool inherits_slice = false;
  G* g = p->queue.Pop(&inherits_slice);
  if (g == nullptr) g = PopGlobal(p);
  if (g != nullptr && !inherits_slice) {
    p->tick.store(tick + 1, std::memory_order_relaxed);
    p->preempt.store(false, std::memory_order_relaxed);
  }
  return g;
}
}  // namespace

bool NeedsSchedulerLoop(M* m) {
  const int64_t when = m->p->timers.NextWhen();
  return m->locked_g != nullptr || m->p->detour.load(std::memory_order_relaxed) ||
         g_scheduler.global_size.load(std::memory_order_relaxed) != 0 ||
         (when != kNever && when <= SchedulerNanos()) || poll::LookIsDue();
}

G* FindDirectSlow(M* m, int64_t now_ticks) {
  P* const p = m->p;
  if (m->locked_g != nullptr || p->detour.load(std::memory_order_relaxed)) return nullptr;
  if (p->timers.NextWhen() != kNever && TimerIsDue(p, now_ticks)) return nullptr;
  G* g = TakeFromQueues(p);
  if (g == nullptr || g->locked_m == nullptr) return g;
  EnqueueGlobal(g);  // the scheduler loop passes it to its own thread
  return nullptr;
}

void WakeOne() {
  // Pairs with the fence in FindRunnable: either the M that stops spinning sees the work, or we see
  // that it has stopped.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (g_scheduler.idle_p_count.load(std::memory_order_relaxed) == 0) return;
  int none = 0;
  if (g_scheduler.spinning.load(std::memory_order_relaxed) != 0 ||
      !g_scheduler.spinning.compare_exchange_strong(none, 1, std::memory_order_seq_cst)) {
    return;
  }
  StartM(nullptr, true);
}

void HandOff(P* p) {
  if (__builtin_expect(p->detour.load(std::memory_order_relaxed), 0)) {
    Retire(p);
    return;
  }
  if (!p->queue.Empty() || (g_schedule != nullptr && !g_schedule->Empty()) ||
      g_scheduler.global_size.load(std::memory_order_seq_cst) != 0 ||
      p->timers.NextWhen() != kNever || poll::WorthALook()) {
    StartM(p, false);
    return;
  }
  bool unwanted = false;
  {
    LockGuard guard(g_scheduler.lock);
    unwanted = p->detour.load(std::memory_order_relaxed);
    if (!unwanted) PushIdleP(p);
  }
  if (unwanted) {
    Retire(p);
    return;
  }
  // Work may have come to the global queue between the look and the push.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (g_scheduler.global_size.load(std::memory_order_seq_cst) != 0) WakeOne();
}

bool BindIdleP(M* m) {
  {
    LockGuard guard(g_scheduler.lock);
    P* const p = PopIdleP();
    if (p == nullptr) return false;
    BindP(m, p);
  }
  NudgeMonitor();
  return true;
}

void ScheduleLoop(M* m) {
  if (m->next_p != nullptr) BindP(m, std::exchange(m->next_p, nullptr));
  for (;;) {
    if (m->ending) {
      m->ending = false;
      if (m->p != nullptr) HandOff(UnbindP(m));
      return;
    }
    G* g = nullptr;
    if (m->locked_g != nullptr) {
      WaitForLockedG(m);
      g = m->locked_g;
    } else {
      g = FindRunnable(m);
      if (m->spinning) {
        StopSpinning(m);
        WakeOne();  // there may be more where this one came from
      }
      if (g->locked_m != nullptr) {
        RunLocked(m, g);
        continue;
      }
    }
    Adopt(m, g);
    Leave(m, &m->g0, g);
  }
}

void TimerAdded(int64_t when_ns) {
  if (!Started()) return;
  // Pairs with the fence in WaitForP.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const int64_t deadline = g_scheduler.sleeper_deadline.load(std::memory_order_relaxed);
  if (deadline == kNoSleeper) {
    WakeOne();  // no sleeper yet: an M that finds no work becomes it
    return;
  }
  if (when_ns >= deadline) return;
  WakeSleeper();
}

void WakeSleeper() {
  LockGuard guard(g_scheduler.lock);
  for (M* m = g_scheduler.idle_m; m != nullptr; m = m->idle_link) {
    if (m->is_sleeper) {
      WakeM(m);
      return;
    }
  }
}

void PollWaitAdded() {
  // Pairs with the fence in StopM.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (g_scheduler.sleeper_deadline.load(std::memory_order_relaxed) == kNoSleeper) WakeOne();
}

void ServePollerFromOutside() {
  poll::ReadyList list;
  poll::Look(&list);
  MakeRunnable(&list);
  if (list.count == 0) return;
  {
    LockGuard guard(g_scheduler.lock);
    PushGlobalLocked(list.ready, static_cast<uint32_t>(list.count));
  }
  WakeOne();
}

uint32_t FastRand() {
  M* m = CurrentM();
  if (m != nullptr && __builtin_expect(g_schedule != nullptr, 0)) return g_schedule->Random();
  if (m != nullptr) return NextRandom(m);
  static std::atomic<uint32_t> foreign{0x9e3779b9};
  uint32_t x = foreign.fetch_add(0x6d2b79f5, std::memory_order_relaxed);
  x ^= x >> 15;
  x *= 0x2c1b3c6d;
  x ^= x >> 12;
  return x;
}

TimerHeap* CurrentTimerHeap() {
  EnsureStarted();
  M* m = CurrentM();
  if (m != nullptr && m->p != nullptr) return &m->p->timers;
  return &g_scheduler.ps[0].timers;
}

}  // namespace muster::sched
