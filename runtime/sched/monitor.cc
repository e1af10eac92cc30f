// The monitor: an OS thread that looks at the scheduler from outside every 1 to 10 ms. It ends time
// slices, notes who runs on and on, follows the CPUs that there are (resize.h), takes Ps away from
// blocking regions (every 20 us when need be), wakes an M for work or timers that nobody serves,
// keeps the coarse clock, has the stack scavenger work, does for a dying thread what that cannot do
// itself (record/witness.h), and, when everything has been idle for two looks, asks whether
// anything can ever run again. While all is idle it sleeps, as soon as the scavenger has seen all
// that was left.
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/net/poller.h"
#include "runtime/record/fatal.h"
#include "runtime/record/system_threads.h"
#include "runtime/record/witness.h"
#include "runtime/sched/deadlock.h"
#include "runtime/sched/futex.h"
#include "runtime/sched/region.h"
#include "runtime/sched/resize.h"
#include "runtime/sched/schedule.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/scavenger.h"

namespace muster::sched {

constinit std::atomic<int64_t> g_coarse_ns{0};

namespace {

constexpr int64_t kShortestLook = 1'000'000;
constexpr int64_t kLongestLook = 10'000'000;
constexpr int64_t kTimeSlice = 10'000'000;
// How many rounds the scavenger still makes once all is idle: it ends the present one, sees in the
// next what has not run since, and gives it back in the last.
constexpr uint64_t kIdleScavengeRounds = 3;
// Between two looks at an idle process whose foreign threads may yet wake it.
constexpr int64_t kLongestRecheck = 1'000'000'000;

std::atomic<uint32_t> g_asleep{0};  // 1: the monitor sleeps until nudged
// Something may have run since the monitor last went to sleep. Relaxed: it orders nothing.
std::atomic<bool> g_has_run{true};

// Go's figures for blocking regions. While they end up without their P, the monitor looks every
// 20 us; after 50 looks that found none, ever less often, as before.
constexpr int64_t kRegionLook = 20'000;
constexpr int kQuietRegionLooks = 50;
// A P without other work is taken from a region that lasts longer, so that all can go idle.
constexpr int64_t kLongRegion = 10'000'000;

struct Slice {
  uint32_t tick = 0;
  int64_t since_ns = 0;
  bool told = false;  // that it is over
};

// The goroutine that runs on `p` has been told to give way and has not come to a scheduling point
// for another time slice. Whoever waits on that P would wait for as long, since others steal only
// when they have nothing to do: so they are given away, and due timers fired here.
void Relieve(P* p, int64_t now) {
  if (g_schedule != nullptr) return;
  constexpr int kBatches = 4;  // it may be starting ever more
  G* batch[RunQueue::kCapacity / 2];
  for (int i = 0; i < kBatches; ++i) {
    const uint32_t count = p->queue.Steal(batch);
    if (count == 0) break;
    EnqueueGlobalBatch(batch, count);
  }
  if (p->timers.NextWhen() <= now) p->timers.RunExpired(now);
}

void EndLongSlices(Slice* slices, int64_t now) {
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    P& p = g_scheduler.ps[i];
    const uint32_t tick = p.tick.load(std::memory_order_relaxed);
    if (tick != slices[i].tick || p.m.load(std::memory_order_relaxed) == nullptr ||
        p.region_m.load(std::memory_order_relaxed) != nullptr) {
      slices[i] = {tick, now, false};
    } else if (now - slices[i].since_ns >= kTimeSlice) {
      if (slices[i].told) Relieve(&p, now);
      p.preempt.store(true, std::memory_order_relaxed);
      slices[i].since_ns = now;
      slices[i].told = true;
    }
  }
}

// Notes since when goroutines run, so that captures can tell who does not give way. The switch
// itself only counts (G::runs), so a run is dated by the first look at it, never too early.
void NoteRunning() {
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    const M* const m = g_scheduler.ps[i].m.load(std::memory_order_acquire);
    G* const g = m == nullptr ? nullptr : m->current.load(std::memory_order_acquire);
    if (g == nullptr) continue;
    const uint32_t run = g->runs.load(std::memory_order_relaxed);
    if (run == g->seen_run.load(std::memory_order_relaxed)) continue;
    g->seen_since_ns.store(NowNanos(), std::memory_order_relaxed);
    // Release: who finds the number finds the time (RunningSince).
    g->seen_run.store(run, std::memory_order_release);
  }
}

// What the last look has seen of a P's blocking region.
struct RegionSeen {
  uint32_t count = 0;
  int64_t since_ns = 0;
};

// Whether somebody can use a P that is in a region.
bool IsWanted(const P& p) {
  if (!p.queue.Empty() || g_scheduler.global_size.load(std::memory_order_relaxed) != 0) return true;
  // More work would find nobody to do it.
  return g_scheduler.idle_p_count.load(std::memory_order_relaxed) == 0 &&
         g_scheduler.spinning.load(std::memory_order_relaxed) == 0;
}

// Takes their Ps away from those that have been in one region since the look before. Returns
// whether there were any.
bool RetakeFromRegions(RegionSeen* seen, int64_t now) {
  bool any = false;
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed); ++i) {
    P& p = g_scheduler.ps[i];
    if (p.region_m.load(std::memory_order_relaxed) == nullptr) continue;
    const uint32_t count = p.regions.load(std::memory_order_relaxed);
    if (count != seen[i].count) {
      seen[i] = {count, now};
    } else if (now - seen[i].since_ns >= kLongRegion || IsWanted(p)) {
      any = Retake(&p) || any;
    }
  }
  return any;
}

// Work in a queue (a next slot above all, which wakes nobody), a due timer, or somebody who waits
// for a descriptor that nobody looks at. An M that is woken for the last becomes the sleeper.
void ServeNeglected(int64_t now) {
  if (g_scheduler.idle_p_count.load(std::memory_order_relaxed) == 0) {
    if (poll::LookIsDue()) ServePollerFromOutside();
    return;
  }
  bool neglected =
      g_scheduler.global_size.load(std::memory_order_relaxed) != 0 || poll::WorthALook();
  for (int i = 0; i < g_scheduler.used.load(std::memory_order_relaxed) && !neglected; ++i) {
    const P& p = g_scheduler.ps[i];
    neglected = !p.queue.Empty() || p.timers.NextWhen() <= now;
  }
  if (neglected) WakeOne();
}

void Rest(std::atomic<uint32_t>* word, uint32_t value, int64_t limit) {
  g_monitor_stack.resting.store(true, std::memory_order_relaxed);
  futex::Wait(word, value, limit);
  g_monitor_stack.resting.store(false, std::memory_order_relaxed);
}

// Sleeps until nudged or for `limit` ns (-1: for ever). The scavenger sees to what those that have
// run since the last time have left behind.
void SleepWhileIdle(int64_t limit) {
  static uint64_t last_round = 0;
  if (g_has_run.exchange(false, std::memory_order_relaxed)) {
    last_round = stack::ScavengeRounds() + kIdleScavengeRounds;
  }
  const int64_t until = limit < 0 ? INT64_MAX : NowNanos() + limit;
  g_coarse_ns.store(0, std::memory_order_relaxed);  // it would stand still
  // Between setting g_asleep and sleeping, a nudge resets it, and the wait returns at once.
  g_asleep.store(1, std::memory_order_seq_cst);
  while (AllPsIdle() && g_asleep.load(std::memory_order_seq_cst) == 1 && !record::WitnessWanted()) {
    const int64_t now = NowNanos();
    if (now >= until) return;
    int64_t wake = until;
    if (stack::ScavengeRounds() < last_round) wake = std::min(wake, stack::Scavenge(now));
    Rest(&g_asleep, 1, wake == INT64_MAX ? -1 : std::max<int64_t>(wake - now, 1));
  }
}

void* MonitorMain(void*) {
  g_monitor_stack.top = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const auto tid = static_cast<int32_t>(syscall(SYS_gettid));
  g_monitor_stack.tid.store(tid, std::memory_order_relaxed);
  // Not as a tool: it may have a timer in its hands.
  record::AddSystemThread(tid);
  record::BecomeWitness();
  pthread_setname_np(pthread_self(), "muster-monitor");
  static Slice slices[kMaxProcs];
  static RegionSeen regions[kMaxProcs];
  int64_t look = kShortestLook;
  int64_t last_round = 0;
  int quiet_looks = 0;
  int64_t recheck = kLongestLook;
  int idle_looks = 0;
  for (;;) {
    static std::atomic<uint32_t> never{0};
    Rest(&never, 0, look);
    if (record::WitnessWanted()) record::ServeAsWitness();
    const int64_t now = NowNanos();
    g_coarse_ns.store(now, std::memory_order_relaxed);
    if (RetakeFromRegions(regions, now)) {
      quiet_looks = 0;
      look = kRegionLook;
    } else if (look < kShortestLook && ++quiet_looks <= kQuietRegionLooks) {
      // Stay at it for a while.
    } else {
      look = std::min(look * 2, kLongestLook);
    }
    if (now - last_round < kShortestLook && !AllPsIdle()) continue;
    last_round = now;
    if (!AllPsIdle()) {
      EndLongSlices(slices, now);
      NoteRunning();
      FollowLimits(now);
      ServeNeglected(now);
      stack::Scavenge(now);
      idle_looks = 0;
      recheck = kLongestLook;
      continue;
    }
    ServeNeglected(now);
    if (++idle_looks < 2) continue;
    idle_looks = 0;
    look = kShortestLook;
    int64_t sleep = -1;
    switch (CheckGlobalDeadlock()) {
      case Prospect::kDead:
        record::DieOfDeadlock();
      case Prospect::kAlive:
        break;
      case Prospect::kUpToThreads:
        // A foreign thread can still wake somebody; when it has ended, nobody tells us.
        sleep = recheck;
        recheck = std::min(recheck * 2, kLongestRecheck);
        break;
    }
    SleepWhileIdle(sleep);
    if (g_asleep.exchange(0, std::memory_order_seq_cst) == 0) recheck = kLongestLook;
    g_coarse_ns.store(NowNanos(), std::memory_order_relaxed);
  }
  return nullptr;
}

}  // namespace

MonitorStack g_monitor_stack;

void StartMonitor() {
  g_coarse_ns.store(NowNanos(), std::memory_order_relaxed);
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  const int error = pthread_create(&thread, &attributes, &MonitorMain, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) record::Fatal("cannot start the monitor thread; raise the limit on tasks");
}

void NudgeMonitor() {
  g_has_run.store(true, std::memory_order_relaxed);
  if (g_asleep.load(std::memory_order_seq_cst) == 0) return;
  g_coarse_ns.store(NowNanos(), std::memory_order_relaxed);
  if (g_asleep.exchange(0, std::memory_order_seq_cst) == 1) futex::Wake(&g_asleep, 1);
}

void Freeze() {
  g_scheduler.frozen.store(true, std::memory_order_seq_cst);
  for (P& p : g_scheduler.ps) p.detour.store(true, std::memory_order_seq_cst);
  M* self = CurrentM();
  const int64_t deadline = NowNanos() + 100'000'000;
  for (;;) {
    bool running = false;
    for (M* m = g_scheduler.all_m.load(std::memory_order_acquire); m != nullptr; m = m->all_link) {
      // Those in a blocking region stop when they leave it.
      const G* g = m->current.load(std::memory_order_acquire);
      running = running || (m != self && g != nullptr && !InRegion(g));
    }
    if (!running || NowNanos() > deadline) return;
    usleep(100);
  }
}

}  // namespace muster::sched
