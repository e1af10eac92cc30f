#include "runtime/time/timer_state.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "muster/panic.h"
#include "runtime/chan/chan_core.h"
#include "runtime/chan/lock_hold.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/sched/schedule.h"
#include "runtime/time/clock.h"
#include "runtime/time/isolated_fiber.h"

namespace muster::time::internal {
namespace {

// absl::Now() reads the clock through a call that TSan intercepts, and TSan takes the memory of a
// scheduler's stack for that of whoever used it last.
absl::Time WallClock(const TimerState* state) {
  if (state->bubble != nullptr) {
    return absl::FromUnixNanos(state->bubble->now_ns.load(std::memory_order_relaxed));
  }
  if (sched::g_schedule != nullptr) return absl::FromUnixNanos(sched::ScheduleUnixNanos());
  const tsan::IgnoreScope ignore;
  return absl::Now();
}

namespace core = ::muster::internal;

// On the clock that the timer runs on.
int64_t Now(const TimerState* state) {
  return state->bubble == nullptr ? FastNow()
                                  : state->bubble->now_ns.load(std::memory_order_relaxed);
}

// When a goroutine for the function cannot be had, it is tried again after this.
constexpr int64_t kRetryNs = 10'000'000;

TimerState* StateOf(const sched::Timer* timer) { return static_cast<TimerState*>(timer->arg); }

// While nobody receives, a ticker faster than the first slows down, by and by, to the second: a
// process that waits for something else would otherwise never be idle, and its deadlock never be
// seen.
constexpr int64_t kFastPeriodNs = 1'000'000;
constexpr int64_t kUnheardPeriodNs = 64'000'000;

// Sends without waiting; false: a tick that finds the last one still there is dropped. Unlike
// TrySend it never yields, so it may be called under a lock.
bool SendTick(const Chan<absl::Time>& chan, absl::Time tick) {
  core::ChanCore* channel = chan.ref().get();
  core::Wakeups wakeups;
  core::LockHold hold(&channel->lock);
  // `tick` lies on a stack that is not the fiber's own: a scheduler's, or that of a bubble's root.
  const tsan::IgnoreScope ignore;
  return core::SendNow(channel, &tick, &wakeups) == core::Attempt::kDone;
}

// Takes back what was sent; false if there was nothing.
bool Drain(const Chan<absl::Time>& chan) {
  core::ChanCore* channel = chan.ref().get();
  core::RawSlot<absl::Time> slot;
  core::Wakeups wakeups;
  core::LockHold hold(&channel->lock);
  return core::ReceiveNow(channel, slot.storage(), &wakeups) == core::Attempt::kDone;
}

// Only the state refers to the channel, and nobody waits there. Relaxed: without another handle
// nobody can change either.
bool NobodyHasChannel(const TimerState* state) {
  const core::ChanCore* chan = state->chan.ref().get();
  return chan->references.load(std::memory_order_relaxed) == 1 && chan->receivers.Empty();
}

void FireChan(sched::Timer* timer, int64_t now_ns) {
  TimerState* state = StateOf(timer);
  const IsolatedFiber fiber;
  const sched::LockGuard guard(state->lock);
  if (!state->armed || now_ns < state->due_ns) return;
  const int64_t late_ns = now_ns - state->due_ns;
  if (state->period_ns == 0) {
    state->armed = false;
  } else if (NobodyHasChannel(state)) {
    state->armed = false;
    if (sched::StopTimer(timer)) Unref(state);
    return;
  } else {
    state->due_ns += state->period_ns * (late_ns / state->period_ns + 1);
  }
  tsan::Acquire(state);
  const bool sent = SendTick(state->chan, WallClock(state) - absl::Nanoseconds(late_ns));
  if (sent) state->unheard_ns = kFastPeriodNs;
  // A bubble is never kept from being idle: its clock would stand still.
  const bool may_slow_down =
      state->period_ns != 0 && state->period_ns < kFastPeriodNs && state->bubble == nullptr;
  if (sent || !may_slow_down) return;
  state->due_ns = now_ns + state->unheard_ns;
  state->unheard_ns = std::min(2 * state->unheard_ns, kUnheardPeriodNs);
  Ref(state);
  if (sched::ResetTimer(timer, state->due_ns, state->period_ns)) Unref(state);
}

// The goroutine of an AfterFunc.
void RunCallback(void* arg) {
  struct UnrefAtEnd {
    TimerState* state;
    ~UnrefAtEnd() { Unref(state); }
  } const owned{static_cast<TimerState*>(arg)};
  owned.state->callback();
}

// Puts a function that got no goroutine back into a heap, unless it has been reset meanwhile.
void RetryLater(TimerState* state) {
  const sched::LockGuard guard(state->lock);
  if (state->armed) return;
  state->armed = true;
  state->due_ns = Now(state) + kRetryNs;
  Ref(state);
  sched::ResetTimer(&state->timer, state->due_ns, 0);
}

void FireFunc(sched::Timer* timer, int64_t now_ns) {
  TimerState* state = StateOf(timer);
  {
    const sched::LockGuard guard(state->lock);
    if (!state->armed || now_ns < state->due_ns) return;
    state->armed = false;
  }
  Ref(state);
  try {
    sched::SpawnFromTimer(&RunCallback, state, state, state->origin, /*asked_for=*/true);
  } catch (const Panic&) {
    RetryLater(state);
    Unref(state);
  }
}

// The callback's own reference goes. User code is destroyed in a goroutine, never here.
void DropAfterFiring(sched::Timer* timer) {
  TimerState* state = StateOf(timer);
  if (!state->callback) {
    const IsolatedFiber fiber;
    Unref(state);
    return;
  }
  uint32_t references = state->references.load(std::memory_order_relaxed);
  while (references > 1) {
    // Release pairs with the acquire in Unref.
    if (state->references.compare_exchange_weak(
            references, references - 1, std::memory_order_release, std::memory_order_relaxed)) {
      return;
    }
  }
  auto unref = [](void* last) { Unref(static_cast<TimerState*>(last)); };
  try {
    sched::SpawnFromTimer(unref, state, nullptr, state->origin, /*asked_for=*/false);
  } catch (const Panic&) {
    unref(state);  // without a goroutine to be had, here is better than never
  }
}

TimerState* NewState(void (*fire)(sched::Timer*, int64_t)) {
  auto* state = new TimerState;
  if (sched::Bubble* const bubble = sched::CurrentBubble()) {
    state->bubble = bubble;
    state->bubble_id = bubble->id;
    state->timer.home = &bubble->timers;
  }
  state->timer.arg = state;
  state->timer.fire = fire;
  state->timer.hold = [](sched::Timer* timer) { Ref(StateOf(timer)); };
  state->timer.drop = &DropAfterFiring;
  return state;
}

// Both under the state's lock.
bool TakeBack(TimerState* state) {
  const bool was_armed = std::exchange(state->armed, false);
  const bool drained = state->chan && Drain(state->chan);
  return was_armed || drained;
}

}  // namespace

TimerState* NewChanState() {
  TimerState* state = NewState(&FireChan);
  state->chan = MakeChan<absl::Time>(1);
  state->chan.ref().get()->fed_by_timer = true;
  state->timer.can_wake = [](const sched::Timer* timer) {
    return !StateOf(timer)->chan.ref().get()->receivers.Empty();
  };
  state->timer.abandoned = [](const sched::Timer* timer) {
    return NobodyHasChannel(StateOf(timer));
  };
  return state;
}

TimerState* NewFuncState(core::Callback callback) {
  TimerState* state = NewState(&FireFunc);
  state->callback = std::move(callback);
  state->origin = sched::Origin::OfCaller();
  return state;
}

void CheckBubble(const TimerState* state, const char* what) {
  if (__builtin_expect(state->bubble_id != 0, 0)) sched::RequireBubble(state->bubble_id, what);
}

void Ref(TimerState* state) noexcept { state->references.fetch_add(1, std::memory_order_relaxed); }

void Unref(TimerState* state) noexcept {
  // The last one destroys what the others have used; release and acquire order that.
  tsan::Release(&state->references);
  if (state->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  tsan::Acquire(&state->references);
  delete state;
}

bool Arm(TimerState* state, absl::Duration d, int64_t period_ns) {
  const sched::LockGuard guard(state->lock);
  const bool prevented = TakeBack(state);
  tsan::Release(state);
  state->armed = true;
  state->due_ns = DueAfter(d, Now(state));
  state->period_ns = period_ns;
  state->unheard_ns = kFastPeriodNs;
  // The heap's reference comes first: once there, the timer may fire.
  Ref(state);
  if (sched::ResetTimer(&state->timer, state->due_ns, period_ns)) Unref(state);
  return prevented;
}

bool Disarm(TimerState* state) {
  const sched::LockGuard guard(state->lock);
  const bool prevented = TakeBack(state);
  if (sched::StopTimer(&state->timer)) Unref(state);
  return prevented;
}

}  // namespace muster::time::internal
