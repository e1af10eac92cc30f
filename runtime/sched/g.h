// G: the control block of a goroutine, at the top of its own stack, so that a parked goroutine
// costs one page. It is never unmapped: slots are recycled, so a stale pointer still points at some
// G, and the registry of all goroutines is the list of stack arenas.
//
// The state has one writer at a time. Its transitions:
//
//   dead -> runnable        by the spawner
//   runnable -> running     by the M that executes it
//   running -> waiting      by its successor on the same M, after its context was saved
//   waiting -> runnable     by the waker
//   running -> runnable     by its successor (a yield)
//   running -> dead         by its successor (exit)
//   running <-> syscall     by itself, around a blocking region (region.h)
//
// A capture may hold a waiting or runnable goroutine, or one in a region, back: see hold.h.
// Everything written before the transition to waiting or runnable (a release) is seen by whoever
// sees that state (an acquire).
#ifndef MUSTER_SCHED_G_H_
#define MUSTER_SCHED_G_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "muster/record.h"
#include "runtime/record/labels.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asymmetric.h"
#include "runtime/sched/park.h"

namespace muster::record {
struct HeldLocks;
}

namespace muster::sched {

struct M;
struct G;
struct Bubble;

// What the successor on the same M has to do for the goroutine that has just left its stack.
enum class Departure : uint8_t { kNone, kPark, kYield, kExit, kRequeue };

// A copy of libstdc++'s per-thread exception state (struct __cxa_eh_globals in the Itanium C++
// ABI).
struct ExceptionGlobals {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

// The blocking region that a goroutine is in: see region.h.
struct Region {
  int depth = 0;  // how many nested ones
  // The frame that has entered the outermost one.
  uintptr_t pc = 0;  // a return address
  uintptr_t sp = 0;
  uintptr_t fp = 0;
};

struct HeldRead {
  const void* lock = nullptr;
  const void* pc = nullptr;
};
inline constexpr int kMaxHeldReads = 4;

// What a switch touches comes first, in two cache lines, then what a spawn touches as well: in a
// crowd, each line that is touched is a cache miss. (Two more lines were touched by looks at `id`
// and `bubble`: a ring of 1000 took 57 us per revolution then, and takes 47.5.)
struct alignas(64) G {
  std::atomic<record::State> state{record::State::kDead};
  std::atomic<bool> held_back{false};  // see hold.h
  record::Kind kind = record::Kind::kGoroutine;
  Departure departure = Departure::kNone;
  // How often this slot has been switched to: see Glimpse in hold.h.
  std::atomic<uint32_t> runs{0};

  // ---- switching
  void* context = nullptr;  // of a goroutine that is not running; see context.h
  ExceptionGlobals exceptions;
  M* locked_m = nullptr;  // LockOSThread
  int saved_errno = 0;
  int lock_count = 0;
  uint32_t busy_count = 0;  // failing non-blocking operations in a row

  UnlockFn unlock = nullptr;  // of a kPark departure
  void* unlock_arg = nullptr;
  WaitInfo wait;
  int64_t wait_since = 0;  // Ticks(); of a region too
  bool is_g0 = false;      // a scheduler stack, no goroutine
  bool started = false;    // it has run at least once
  uint8_t ancestor_count = 0;
  bool held_overflowed = false;
  bool noted_reads = false;  // `held` may have entries
  bool has_extras = false;   // bubble, start_sync, after_exit or in_goexit is set
  bool in_bubble = false;    // `bubble` is not null
  uint32_t creation_stack = 0;

  uint64_t id = 0;
  uint64_t parent_id = 0;
  uintptr_t stack_lo = 0;  // lowest usable address, above the guard
  uintptr_t stack_hi = 0;  // where the first frame begins, below the closure
  void (*run)(void*) = nullptr;
  void* closure = nullptr;
  int64_t started_ns = 0;
  record::LabelSet* labels = nullptr;
  Bubble* bubble = nullptr;  // of synctest::Run; changed by SetBubble (bubble.h)

  // ---- foreign threads only
  G* link = nullptr;  // in the list of them
  int32_t tid = 0;
  std::atomic<uint32_t> thread_wake{0};
  const void* thread_registers = nullptr;  // unwind context of a thread that waits

  const void* start_sync = nullptr;  // TSan address to acquire when it starts (timers)
  tsan::Fiber tsan_fiber;
  void* asan_fake_stack = nullptr;
  // Called once the goroutine is dead and its stack is free, on its successor's stack (Run waits
  // for it).
  void (*after_exit)(void*) = nullptr;
  void* after_exit_arg = nullptr;
  bool in_goexit = false;  // Goexit unwinds it

  // With a schedule only (schedule.h): of which goroutine of which schedule the priority is.
  uint64_t schedule_generation = 0;
  uint64_t schedule_id = 0;
  int64_t schedule_priority = 0;

  // Since when it has been running, as the monitor has seen it, in the run of that number (`runs`).
  // Written by the monitor alone.
  std::atomic<uint32_t> seen_run{0};
  std::atomic<int64_t> seen_since_ns{0};

  record::HeldLocks* held_locks = nullptr;  // see lock_order.h; of this slot, not this goroutine

  Region region;
  uint64_t ancestors[record::kMaxAncestors] = {};
  HeldRead held[kMaxHeldReads];
};

// Since when the goroutine that runs here has not given way: the monitor's first look at it in its
// present run, some ms late; 0 when there was none yet. Called by itself, or by a signal handler on
// its thread. Acquire: pairs with the release in the monitor's NoteRunning.
inline int64_t RunningSince(const G* g) {
  return g->seen_run.load(std::memory_order_acquire) == g->runs.load(std::memory_order_relaxed)
             ? g->seen_since_ns.load(std::memory_order_relaxed)
             : 0;
}

// The running goroutine gave way, or would have, but nobody else wanted to run.
inline void BeginNewRun(G* g) {
  g->runs.store(g->runs.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// Waits until a capture that holds `g` back has let go of it.
void WaitWhileHeldBack(const G* g);

// Called between the store of a new state and what that state allows: the other side of
// HoldBarrier (hold.h).
inline void RespectHold(const G* g) {
  LightBarrier();
  if (__builtin_expect(g->held_back.load(std::memory_order_relaxed), 0)) WaitWhileHeldBack(g);
}

// Moves `g` from one state to another. It waits until `g` is in the first one (a waker may come
// before the one that parks has quite left its stack) and while a capture holds it back.
inline void Transition(G* g, record::State from, record::State to) {
  while (g->state.load(std::memory_order_acquire) != from) __builtin_ia32_pause();
  g->state.store(to, std::memory_order_release);
  RespectHold(g);
}

}  // namespace muster::sched

#endif  // MUSTER_SCHED_G_H_
