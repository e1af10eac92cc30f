// The scheduler: Gs run on Ms that hold Ps, as in Go.
//
//   G  a goroutine                       (g.h)
//   P  the right to run goroutines: a run queue, a timer heap and caches; GOMAXPROCS of them, which
//      may change (resize.h)
//   M  an OS thread; it needs a P to run goroutines, none to block
//
// Invariants:
//  - A runnable goroutine is in exactly one queue: a P's, or the global one.
//  - If a goroutine is runnable and a P idle, some M is spinning (looking for work) or about to
//    look: whoever makes work available wakes an M when none spins, and the last M that stops
//    spinning looks once more after saying so. Both sides put a seq_cst fence between their store
//    and their load. But for goroutines on the queue of the P that made them runnable: those may be
//    missed by a P that goes idle at the same moment, until the monitor looks.
//  - If a timer is pending and a P idle, some M sleeps until it is due (the sleeper), or will look
//    at the timers before it sleeps. The sleeper also waits for descriptors: see net/poller.h.
//  - The scheduler lock guards the lists of idle Ms and Ps and the global queue, nothing else.
#ifndef MUSTER_SCHED_SCHEDULER_H_
#define MUSTER_SCHED_SCHEDULER_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "runtime/sched/free_goroutines.h"
#include "runtime/sched/g.h"
#include "runtime/sched/global_queue.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/run_queue.h"
#include "runtime/sched/tls.h"
#include "runtime/time/timer.h"

namespace muster::sched {

inline constexpr int kMaxProcs = 256;
// sleeper_deadline when no M sleeps for timers; a sleeper without a pending timer has kNever.
inline constexpr int64_t kNoSleeper = -1;
// The global queue is looked at first on every 61st schedule, so that two goroutines that ready
// each other cannot starve it. 61 is Go's number: a prime, so that it does not resonate.
inline constexpr uint32_t kGlobalPollInterval = 61;
// How late a timer may be because goroutines switch to each other directly, in ns.
inline constexpr int64_t kTimerLook = 20'000;

class Schedule;
extern constinit Schedule* g_schedule;  // schedule.h

struct alignas(64) P {
  int id = 0;
  // Its M is to come to the scheduler loop, instead of switching from goroutine to goroutine: the
  // process is exiting, or there are to be fewer Ps.
  std::atomic<bool> detour{false};
  bool exists = false;  // guarded by the scheduler's lock; see resize.h
  RunQueue queue;
  TimerHeap timers;
  // Owned by the M that holds the P.
  FreeGoroutines free;
  uint64_t next_goid = 0;  // [next_goid, goid_limit) is reserved for this P
  uint64_t goid_limit = 0;
  // Counts schedules other than by the next slot. Written by the owner, read by the monitor.
  std::atomic<uint32_t> tick{0};
  std::atomic<M*> m{nullptr};
  // The M that is in a blocking region and takes the P back unless somebody else has: region.h.
  std::atomic<M*> region_m{nullptr};
  std::atomic<uint32_t> regions{0};  // counts them; written by the owner, read by the monitor
  // Set by the monitor: the running goroutine has had its time slice.
  std::atomic<bool> preempt{false};
  int64_t timers_seen = 0;  // Ticks() when a goroutine that parked last looked at the timers
  P* link = nullptr;        // idle list
  // Goroutines started and ended on this P; only the sums over all Ps mean something. Written by
  // the owner.
  std::atomic<int64_t> created{0};
  std::atomic<int64_t> ended{0};

  // Release: pairs with the acquire in CountGoroutines.
  static void CountOne(std::atomic<int64_t>* counter) {
    counter->store(counter->load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
};

// How an M goes about locks that others have (give_way.h). The pause is counted in `pause`
// instructions, of 1 to 22 ns depending on the machine.
struct Backoff {
  static constexpr int kShortestPause = 16;
  static constexpr int kLongestPause = 256;
  static constexpr int kFewestTries = 2;
  static constexpr int kMostTries = 20;

  int pause = kShortestPause;
  int tries = 4;  // as many as Go's sync.Mutex

  void Lost() { pause = std::min(2 * pause, kLongestPause); }
  void Won() {
    pause = std::max(pause / 2, kShortestPause);
    tries = std::min(2 * tries, kMostTries);
  }
  void GaveUp() {
    pause = kShortestPause;
    tries = std::max(tries / 2, kFewestTries);
  }
};

struct alignas(64) M {
  int id = 0;
  std::atomic<int32_t> tid{0};  // 0: not yet started, or ended
  G g0;                         // the thread's own stack, where the scheduler loop runs
  // The thread's own, which are saved and restored with each goroutine.
  ExceptionGlobals* exception_globals = nullptr;
  int* errno_location = nullptr;
  // Who has just left its stack, for the one that comes next.
  G* leaving = nullptr;
  // The goroutine that runs here. Read by the signal handler on this thread and, as a hint, by
  // captures.
  std::atomic<G*> current{nullptr};
  P* p = nullptr;
  P* region_p = nullptr;  // the P that it had when its goroutine entered a region
  P* next_p = nullptr;    // handed over by whoever wakes it
  bool spinning = false;
  bool is_sleeper = false;
  bool ending = false;  // a goroutine ended while locked to the thread
  G* locked_g = nullptr;
  std::atomic<uint32_t> wake{0};
  std::atomic<bool> in_poller{false};  // it is the sleeper, and waits in the poller for `wake`
  uint32_t random = 1;
  Backoff backoff;
  M* idle_link = nullptr;
  M* all_link = nullptr;
  void* signal_stack = nullptr;
  // Of the thread's own stack the scheduler's frames are below this, the thread's own things above.
  uintptr_t loop_top = 0;
};

struct Scheduler {
  Lock lock;
  // Guarded by lock.
  GlobalQueue global;
  P* idle_p = nullptr;
  M* idle_m = nullptr;

  std::atomic<uint32_t> global_size{0};
  std::atomic<int> idle_p_count{0};
  std::atomic<int> spinning{0};
  std::atomic<M*> all_m{nullptr};  // append-only list; Ms are never freed
  std::atomic<int64_t> sleeper_deadline{kNoSleeper};
  std::atomic<uint64_t> next_goid{1};
  std::atomic<int64_t> foreign_spawns{0};  // goroutines started by threads without a P
  std::atomic<bool> frozen{false};         // the process is exiting: nothing is scheduled any more

  // Changed under the lock, read by anyone as hints (relaxed).
  std::atomic<int> procs{0};   // GOMAXPROCS: how many Ps there are to be
  std::atomic<int> active{0};  // how many exist: more while some have yet to be given up
  std::atomic<int> used{0};    // those from here on have never existed, and hold nothing

  int64_t timer_look_ticks = 0;  // kTimerLook in ticks
  P ps[kMaxProcs];
};

// Never destroyed: Ms and timers outlive static destruction.
union SchedulerStorage {
  constexpr SchedulerStorage() : scheduler() {}
  ~SchedulerStorage() {}
  Scheduler scheduler;
};
extern SchedulerStorage g_scheduler_storage;
inline Scheduler& g_scheduler = g_scheduler_storage.scheduler;

// Ps that exist and are not idle.
inline int BusyPs() {
  return g_scheduler.active.load(std::memory_order_relaxed) -
         g_scheduler.idle_p_count.load(std::memory_order_relaxed);
}
// Whether all are idle. A number that is changing meanwhile gives no false yes: an idle P is
// counted as existing before it is as idle, and as idle no more before it is as gone.
inline bool AllPsIdle() {
  const int active = g_scheduler.active.load(std::memory_order_seq_cst);
  return g_scheduler.idle_p_count.load(std::memory_order_seq_cst) == active &&
         g_scheduler.active.load(std::memory_order_seq_cst) == active;
}

// The list of idle Ps, under the scheduler's lock.
void PushIdleP(P* p);
bool RemoveIdleP(P* p);  // false when it is not idle

// EnsureStarted starts the scheduler with the first call.
void EnsureStarted();
bool Started();

// ---- queues (run by the owner of `p`)
// Makes a runnable goroutine wait its turn on `p`, at the end of its queue.
void EnqueueLast(P* p, G* g);
// Makes it the next one to run there. False when another one had to give way for it, and is now at
// the end of the queue, where any P may take it.
inline bool EnqueueNext(P* p, G* g) {
  G* const displaced = p->queue.ExchangeNext(g);
  if (displaced == nullptr) return true;
  EnqueueLast(p, displaced);
  return false;
}
void EnqueueGlobal(G* g);
void EnqueueGlobalBatch(G* const* batch, uint32_t count);
// Makes a goroutine that has given way wait for its turn behind all that `m` has at hand.
void EnqueueYielded(M* m, G* g);
// What `p` has at hand without looking elsewhere (own queue, due timers, its share of the global
// queue); nullptr when that is nothing.
G* FindLocal(M* m, int64_t now_ns);
// What a goroutine that leaves its stack may switch to directly; nullptr when it must go to the
// scheduler loop: nothing is at hand, a timer is due (a callback must not run on a goroutine's
// stack, while that goroutine may hold a primitive's lock), or threads are locked.
// `now_ticks`: Ticks(), as of now.
inline G* FindDirect(M* m, int64_t now_ticks);
G* FindDirectSlow(M* m, int64_t now_ticks);
// Whether the scheduler loop has something to do that FindDirect leaves to it.
bool NeedsSchedulerLoop(M* m);

// With a schedule: brings what waits in the queues to it.
void CollectReady(P* p);

// Wakes an M to look for work, if a P is idle and no M is looking already.
void WakeOne();
// The same for work on the caller's own P, which runs it sooner or later. Without the fence, which
// would wait until all of the caller's stores are done: a P that goes idle at the same moment may
// be missed, and then is found by the monitor's next look.
inline void WakeOneForOwn() {
  if (g_scheduler.idle_p_count.load(std::memory_order_relaxed) != 0) WakeOne();
}
// The network poller has been started: the sleeper is to sleep there.
void WakeSleeper();
// A thread that has no M waits for a descriptor.
void PollWaitAdded();
// A look at the poller by a thread that has no P.
void ServePollerFromOutside();
// Gives `p` to another M, or makes it idle when there is no work for it.
void HandOff(P* p);

// Gives `m`, which has none, an idle P; false when there is none.
bool BindIdleP(M* m);

// The scheduler loop of an M, on its g0. Returns when the thread is to end.
void ScheduleLoop(M* m);

// The goroutine that runs on the calling thread; nullptr on foreign threads and scheduler stacks.
inline G* CurrentGoroutine() {
  M* m = CurrentM();
  return m == nullptr ? nullptr : m->current.load(std::memory_order_relaxed);
}

// Two goroutines that hand over to each other pass here each time: the next slot has somebody, and
// nothing is to be done before. All else is the other function's.
inline G* FindDirect(M* m, int64_t now_ticks) {
  P* const p = m->p;
  const bool no_timer_is_due =
      p->timers.NextWhen() == kNever || now_ticks - p->timers_seen < g_scheduler.timer_look_ticks;
  if (__builtin_expect(!p->queue.NextIsEmpty() && no_timer_is_due && m->locked_g == nullptr &&
                           !p->detour.load(std::memory_order_relaxed) &&
                           // Relaxed: who goes on running makes no promise to find what is there.
                           g_scheduler.global_size.load(std::memory_order_relaxed) == 0 &&
                           g_schedule == nullptr,
                       1)) {
    G* const next = p->queue.ExchangeNext(nullptr);
    if (next != nullptr && __builtin_expect(next->locked_m == nullptr, 1)) return next;
    if (next != nullptr) {
      EnqueueGlobal(next);  // the scheduler loop passes it to its own thread
      return nullptr;
    }
  }
  return FindDirectSlow(m, now_ticks);
}

// ---- goroutine slots
G* AllocateG();          // dead, with stack; throws Panic when no stack can be had
void FreeG(M* m, G* g);  // by its successor on `m`
// Since the process started, read one P after the other: those that started and ended meanwhile may
// be missing from both, but `ended` is never more than `created`.
struct GoroutineCounts {
  int64_t created = 0;
  int64_t ended = 0;
};
GoroutineCounts CountGoroutines();
int64_t LiveGoroutines();
uint64_t NextGoid();

// The monitor thread: time slices, overdue timers, the coarse clock, global deadlock.
void StartMonitor();
void NudgeMonitor();

// The monitor's stack, for the search for leaks (runtime/reach): while it rests, what is below
// `top` is of no use to anybody.
struct MonitorStack {
  std::atomic<int32_t> tid{0};
  uintptr_t top = 0;
  std::atomic<bool> resting{false};  // read when its thread stands still, so relaxed
};
extern MonitorStack g_monitor_stack;

// Freeze stops all scheduling, for a process that is exiting: waits a bounded time (100 ms) for
// running goroutines to come to a scheduling point.
void Freeze();

// MUSTER_SEED, 0 when unset; read once, before the first M starts.
extern uint64_t g_schedule_seed;
inline uint64_t ScheduleSeed() { return g_schedule_seed; }
void ReadScheduleSeed();

}  // namespace muster::sched

#endif  // MUSTER_SCHED_SCHEDULER_H_
