// Park and Ready: the one choke point through which everything blocks and wakes.
//
// A primitive that must wait, under its own Lock: links a waiter that holds Self(), then calls Park
// with an UnlockFn for that Lock. Park writes the wait record, leaves the stack, and only then, on
// the successor's stack, runs the UnlockFn; so a waker that finds the waiter under the lock always
// finds a goroutine whose context is saved. The waker unlinks the waiter under the lock and calls
// Ready once.
//
// Foreign threads use the same calls: Self() gives them a stand-in G, and Park blocks on a futex.
#ifndef MUSTER_SCHED_PARK_H_
#define MUSTER_SCHED_PARK_H_

#include <atomic>
#include <cstdint>

#include "muster/record.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/ticks.h"

namespace muster::internal {
struct SelectCase;
}

namespace muster::sched {

struct G;

using UnlockFn = void (*)(void* lock);

struct WaitInfo {
  record::WaitReason reason = record::WaitReason::kNone;
  record::ObjectKind kind = record::ObjectKind::kNone;
  record::Direction direction = record::Direction::kNone;
  // Only goroutines of its own bubble, or the bubble's clock, can end the wait of a goroutine in a
  // bubble (bubble.h). Says nothing of other goroutines.
  bool durable = false;
  const void* object = nullptr;
  // A select's cases, on the stack of the one that parks; or those that may end a wait for `object`
  // as well as that itself may.
  const internal::SelectCase* cases = nullptr;
  int case_count = 0;
};

// The current goroutine, or the calling foreign thread's stand-in. Never null.
G* Self();
// Its id: unique in the process, never reused. Stand-ins of threads have ids as well.
uint64_t Id(const G* g);

// Park blocks the caller until Ready(Self()). `unlock(lock)` runs once the caller can be readied;
// both may be null. The caller's thread may be another one afterwards. Throws nothing.
void Park(const WaitInfo& info, UnlockFn unlock, void* lock);
inline void UnlockLock(void* lock) { static_cast<Lock*>(lock)->Release(); }

// Ready makes a parked goroutine runnable (next on the caller's P), or wakes a thread. Exactly one
// Ready per Park. Callable from goroutines, foreign threads, and timers' callbacks. May be called
// before the one that parks has quite left its stack: it then waits for the few instructions that
// that takes.
void Ready(G* g);
// ReadyBatch readies many in that order, behind all that the caller's P has at hand.
void ReadyBatch(G* const* batch, int count);

class Origin;
// SpawnFromTimer starts a goroutine of that origin. It runs `fn(arg)` in a context which no other
// goroutine's writes happen before, but those that were released to `sync` (a TSan sync address;
// may be null). `asked_for` by the program: the profile of creations counts it.
void SpawnFromTimer(void (*fn)(void*), void* arg, const void* sync, const Origin& origin,
                    bool asked_for);

// CLOCK_MONOTONIC in nanoseconds, as of the monitor's last tick: within about 10 ms while anything
// runs; one relaxed load.
extern std::atomic<int64_t> g_coarse_ns;  // 0 while the monitor sleeps or has not started
inline int64_t CoarseNanos() {
  const int64_t coarse = g_coarse_ns.load(std::memory_order_relaxed);
  return __builtin_expect(coarse != 0, 1) ? coarse : NowNanos();
}
// A thread-local xorshift generator, seeded by MUSTER_SEED when that is set.
uint32_t FastRand();

// ---- timers: what runtime/time needs of the scheduler.
class TimerHeap;
// The heap that a new timer goes into: the current P's, or one of them for a foreign thread.
TimerHeap* CurrentTimerHeap();
// Tells the scheduler that some heap's first timer is now due at `when_ns`; wakes a sleeping thread
// if that is earlier than what it sleeps for. Call it after releasing the heap's lock.
void TimerAdded(int64_t when_ns);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_PARK_H_
