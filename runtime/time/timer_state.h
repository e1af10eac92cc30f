// TimerState: what the handles of one Timer or Ticker share, and how it fires.
//
// `lock` serialises Stop, Reset and the callback. The callback may come late: RunExpired had taken
// the timer out before a Stop or Reset. So the truth is here, not in the heap: it fires only if it
// is armed and its time has come. What is sent is sent under the lock, and Stop and Reset empty the
// channel under it: so nothing stale is received once they have returned.
//
// Lock order: TimerState::lock, then a channel's or a heap's.
//
// References: one per handle, one for being in a heap, one per callback or goroutine that runs.
// Each handle also holds the channel; so a channel that only the state refers to has no receivers
// and never gets any, and then there is no handle either.
#ifndef MUSTER_TIME_TIMER_STATE_H_
#define MUSTER_TIME_TIMER_STATE_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "muster/callback.h"
#include "muster/chan.h"
#include "muster/time.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/origin.h"
#include "runtime/time/timer.h"

namespace muster::time::internal {

struct TimerState {
  sched::Timer timer;
  std::atomic<uint32_t> references{1};
  // Where it was made, if that was in a bubble. The bubble is used only while something of it runs.
  sched::Bubble* bubble = nullptr;
  uint32_t bubble_id = 0;

  sched::Lock lock;
  // Guarded by lock.
  bool armed = false;
  int64_t due_ns = 0;
  int64_t period_ns = 0;
  int64_t unheard_ns = 1'000'000;  // how long a fast ticker pauses after the next tick it drops

  // One of the two; neither changes.
  Chan<absl::Time> chan;
  ::muster::internal::Callback callback;
  sched::Origin origin;  // of the callback's goroutine: whoever called AfterFunc
};

// A state that is not armed yet, with one reference.
TimerState* NewChanState();
TimerState* NewFuncState(::muster::internal::Callback callback);
void Ref(TimerState* state) noexcept;
void Unref(TimerState* state) noexcept;

// Throws Panic("WHAT from outside bubble") if that is so.
void CheckBubble(const TimerState* state, const char* what);

// Arm makes it due after `d`, and every `period_ns` from then on unless that is 0. Arm and Disarm
// return whether a firing has been prevented: it was armed, or what it sent has been taken back.
bool Arm(TimerState* state, absl::Duration d, int64_t period_ns);
bool Disarm(TimerState* state);

}  // namespace muster::time::internal

#endif  // MUSTER_TIME_TIMER_STATE_H_
