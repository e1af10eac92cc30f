// Timers and tickers as users see them.
#include "muster/time.h"

#include <utility>

#include "absl/time/clock.h"
#include "muster/panic.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sched/schedule.h"
#include "runtime/time/clock.h"
#include "runtime/time/timer_state.h"

namespace muster::time {
namespace internal {

TimerRef::TimerRef(const TimerRef& other) noexcept : state_(other.state_) {
  if (state_ != nullptr) Ref(state_);
}

TimerRef::~TimerRef() {
  if (state_ != nullptr) Unref(state_);
}

TimerRef StartFunc(absl::Duration d, ::muster::internal::Callback callback) {
  TimerRef state(NewFuncState(std::move(callback)));
  Arm(state.get(), d, 0);
  return state;
}

void StopAnywhere(const Timer& timer) { Disarm(timer.state_.get()); }

}  // namespace internal

namespace {

absl::Time WallClock() {
  if (__builtin_expect(sched::g_schedule == nullptr, 1)) return absl::Now();
  return absl::FromUnixNanos(sched::ScheduleUnixNanos());
}

}  // namespace

absl::Time Now() {
  const sched::Bubble* const bubble = sched::CurrentBubble();
  if (__builtin_expect(bubble == nullptr, 1)) return WallClock();
  return absl::FromUnixNanos(bubble->now_ns.load(std::memory_order_relaxed));
}

bool Timer::Stop() {
  if (state_.get() == nullptr) throw Panic("time: Stop called on uninitialized Timer");
  internal::CheckBubble(state_.get(), "stop of synctest timer");
  const bool prevented = internal::Disarm(state_.get());
  sched::SchedulingPoint();
  return prevented;
}

bool Timer::Reset(absl::Duration d) {
  if (state_.get() == nullptr) throw Panic("time: Reset called on uninitialized Timer");
  internal::CheckBubble(state_.get(), "reset of synctest timer");
  const bool prevented = internal::Arm(state_.get(), d, 0);
  sched::SchedulingPoint();
  return prevented;
}

Timer NewTimer(absl::Duration d) {
  internal::TimerRef state(internal::NewChanState());
  Timer timer(state, state.get()->chan);
  internal::Arm(state.get(), d, 0);
  return timer;
}

RecvChan<absl::Time> After(absl::Duration d) { return NewTimer(d).C(); }

void Ticker::Stop() {
  if (state_.get() == nullptr) return;
  internal::CheckBubble(state_.get(), "stop of synctest ticker");
  internal::Disarm(state_.get());
  sched::SchedulingPoint();
}

void Ticker::Reset(absl::Duration d) {
  if (d <= absl::ZeroDuration()) throw Panic("non-positive interval for Ticker.Reset");
  if (state_.get() == nullptr) throw Panic("time: Reset called on uninitialized Ticker");
  internal::CheckBubble(state_.get(), "reset of synctest ticker");
  internal::Arm(state_.get(), d, internal::PositiveNanos(d));
  sched::SchedulingPoint();
}

Ticker NewTicker(absl::Duration d) {
  if (d <= absl::ZeroDuration()) throw Panic("non-positive interval for NewTicker");
  internal::TimerRef state(internal::NewChanState());
  Ticker ticker(state, state.get()->chan);
  internal::Arm(state.get(), d, internal::PositiveNanos(d));
  return ticker;
}

RecvChan<absl::Time> Tick(absl::Duration d) {
  if (d <= absl::ZeroDuration()) return {};
  return NewTicker(d).C();
}

}  // namespace muster::time
