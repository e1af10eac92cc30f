// Bubble: the goroutines of one synctest::Run, their clock and their timers.
//
// A bubble counts its goroutines that are *active*: all but those that are parked where only a
// goroutine of the same bubble, or the bubble's clock, can wake them (WaitInfo::durable). The one
// that wakes another counts it before that one can run; the one that parks stops counting itself
// after it can be woken, on its successor's stack. So the count is never too low: when it comes to
// zero, nothing in the bubble can run by itself.
//
// Then whoever brought it to zero readies the one that waits for that: first a goroutine in
// synctest::Wait, else the root, the goroutine that called synctest::Run, which moves the clock.
// While the root works it is the only one, so what it does needs no lock; its callbacks may start
// goroutines, and that makes the bubble active again.
//
// Goroutines of a bubble outlive it only when it has ended in a deadlock. Bubbles are never freed:
// one that has ended well serves another Run, under another id.
#ifndef MUSTER_SCHED_BUBBLE_H_
#define MUSTER_SCHED_BUBBLE_H_

#include <atomic>
#include <cstdint>

#include "runtime/sched/g.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/park.h"
#include "runtime/sched/tls.h"
#include "runtime/time/timer.h"

namespace muster::sched {

struct Bubble {
  // Midnight UTC 2000-01-01, in nanoseconds since the epoch of Unix.
  static constexpr int64_t kBeginNs = 946'684'800'000'000'000;

  uint32_t id = 0;  // from 1; never used again
  // The bubble's clock, which is its wall clock too. Written by the root alone while nothing else
  // in the bubble runs. Relaxed: those that it wakes see it through their wake.
  std::atomic<int64_t> now_ns{kBeginNs};
  TimerHeap timers;

  Lock lock;
  // Guarded by lock.
  int64_t total = 0;   // goroutines, the root left out
  int64_t active = 0;  // of these, those that are not durably blocked
  bool main_ended = false;
  G* root = nullptr;    // parked until the bubble is idle
  G* waiter = nullptr;  // in synctest::Wait

  Bubble* next_free = nullptr;
};

// A bubble for one Run, without goroutines; and what ends it, when it has none again.
Bubble* NewBubble();
void RetireBubble(Bubble* bubble);

// Whether there has ever been a bubble. Relaxed: who is in one has seen it made.
extern constinit std::atomic<bool> g_any_bubble;

// The bubble of the running goroutine; null outside of bubbles and on other threads.
inline Bubble* CurrentBubble() {
  if (__builtin_expect(!g_any_bubble.load(std::memory_order_relaxed), 1)) return nullptr;
  return CurrentM() == nullptr ? nullptr : Self()->bubble;
}
// Its id; 0 for none. What belongs to a bubble is known by that, as it may outlive the bubble.
inline uint32_t CurrentBubbleId() {
  const Bubble* const bubble = CurrentBubble();
  return bubble == nullptr ? 0 : bubble->id;
}
// Throws Panic("WHAT from outside bubble") unless the caller is in the bubble `id`.
void RequireBubble(uint32_t id, const char* what);

inline void SetBubble(G* g, Bubble* bubble) {
  g->bubble = bubble;
  g->in_bubble = bubble != nullptr;
}
// Makes `g`, which is being started, one of the bubble's.
void JoinBubble(G* g, Bubble* bubble);

// Park of a goroutine in a bubble, once its wait is recorded (PrepareToPark in park.cc).
void ParkInBubble(G* g, const WaitInfo& info, UnlockFn unlock, void* lock);
// Called before a durably blocked goroutine becomes runnable.
void CountWoken(Bubble* bubble);

// The root blocks until every goroutine of its bubble is durably blocked or has ended.
void AwaitIdle(Bubble* bubble);
// The same for a goroutine of the bubble, itself left out. Throws Panic when another one waits.
void AwaitOthers(Bubble* bubble);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_BUBBLE_H_
