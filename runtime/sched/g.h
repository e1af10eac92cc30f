// G: the control block of a goroutine, at the top of its own stack, so that a parked goroutine
// costs one page. It is never unmapped: slots are recycled, so a stale pointer still points at some
// G, and the registry of all goroutines is the list of stack arenas.
//
// The state word is the only field that strangers may write. Its transitions:
//
//   dead -> runnable        by the spawner
//   runnable -> running     by the M that executes it (spins while the scan bit is set)
//   running -> waiting      by its successor on the same M, after its context was saved
//   waiting -> runnable     by the waker (spins while the scan bit is set)
//   running -> runnable     by its successor (a yield)
//   running -> dead         by its successor (exit)
//
// A capture sets the scan bit on a waiting or runnable G and so owns all other fields until it
// clears it. Everything written before the transition to waiting or runnable (a release) is seen by
// whoever sets the scan bit or takes the next transition (an acquire).
#ifndef MUSTER_SCHED_G_H_
#define MUSTER_SCHED_G_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "muster/record.h"
#include "runtime/record/labels.h"
#include "runtime/sched/park.h"

namespace muster::sched {

struct M;
struct G;

inline constexpr uint32_t kScanBit = 0x100;
inline constexpr uint32_t kStateMask = 0xff;

constexpr uint32_t Word(record::State state) { return static_cast<uint32_t>(state); }

// What the successor on the same M has to do for the goroutine that has just left its stack.
enum class Departure : uint8_t { kNone, kPark, kYield, kExit };

// A copy of libstdc++'s per-thread exception state (struct __cxa_eh_globals in the Itanium C++
// ABI).
struct ExceptionGlobals {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

struct HeldRead {
  const void* lock = nullptr;
  const void* pc = nullptr;
};
inline constexpr int kMaxHeldReads = 4;

struct alignas(64) G {
  std::atomic<uint32_t> state{Word(record::State::kDead)};
  record::Kind kind = record::Kind::kGoroutine;
  Departure departure = Departure::kNone;
  bool started = false;  // it has run at least once
  bool is_g0 = false;    // a scheduler stack, no goroutine

  // ---- switching
  void* context = nullptr;  // fcontext of a goroutine that is not running
  ExceptionGlobals exceptions;
  int saved_errno = 0;
  void* tsan_fiber = nullptr;
  void* asan_fake_stack = nullptr;
  UnlockFn unlock = nullptr;  // of a kPark departure
  void* unlock_arg = nullptr;
  G* link = nullptr;  // in a run queue or free list

  uintptr_t stack_lo = 0;  // lowest usable address, above the guard
  uintptr_t stack_hi = 0;  // where the first frame begins, below the closure
  void (*run)(void*) = nullptr;
  void* closure = nullptr;
  const void* start_sync = nullptr;  // TSan address to acquire when it starts (timers)

  // Called once the goroutine is dead and its stack is free, on its successor's stack (Run waits
  // for it).
  void (*after_exit)(void*) = nullptr;
  void* after_exit_arg = nullptr;

  M* locked_m = nullptr;  // LockOSThread
  int lock_count = 0;
  uint32_t busy_count = 0;  // failing non-blocking operations in a row

  // ---- record
  uint64_t id = 0;
  uint64_t parent_id = 0;
  uint64_t ancestors[record::kMaxAncestors] = {};
  uint8_t ancestor_count = 0;
  bool held_overflowed = false;
  uint32_t creation_stack = 0;
  int64_t started_ns = 0;
  WaitInfo wait;
  int64_t wait_since_ns = 0;
  record::LabelSet* labels = nullptr;
  HeldRead held[kMaxHeldReads];

  // ---- foreign threads only
  std::atomic<uint32_t> thread_wake{0};
  int32_t tid = 0;
  const void* thread_registers = nullptr;  // unwind context of a thread that waits
};

inline record::State StateOf(uint32_t word) {
  return static_cast<record::State>(word & kStateMask);
}

// Moves `g` from one state to another; spins while a capture holds it. `from` must be its state.
inline void Transition(G* g, record::State from, record::State to) {
  uint32_t expected = Word(from);
  while (!g->state.compare_exchange_weak(expected, Word(to), std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
    expected = Word(from);
    __builtin_ia32_pause();
  }
}

}  // namespace muster::sched

#endif  // MUSTER_SCHED_G_H_
