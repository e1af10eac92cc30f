// Sleeping, timers and tickers, Go's package time on absl's clock types.
//
// Durations run on CLOCK_MONOTONIC; the absl::Time values that channels deliver are wall-clock
// times. An infinite duration never ends. Everything here works on foreign threads too.
//
// Semantics are those of Go 1.23: once Stop or Reset has returned, nothing that the timer sent
// before can be received. Unlike in Go 1.23, the channels do not pretend to be unbuffered: Cap() is
// 1, and Len() is 1 while a tick waits to be received.
//
// A pending timer that nobody listens to does not keep the program from being recognised as
// deadlocked.
//
// Memory model: a call that arms a timer (New*, After, AfterFunc, Reset) happens before the receive
// of what it then sends, and before the function that it then runs.
#ifndef MUSTER_TIME_H_
#define MUSTER_TIME_H_

#include <utility>

#include "absl/time/time.h"
#include "muster/callback.h"
#include "muster/chan.h"

namespace muster::time {
class Timer;
namespace internal {

struct TimerState;

// A counted reference to what a timer's handles share; null when default-constructed.
class TimerRef {
 public:
  TimerRef() noexcept = default;
  explicit TimerRef(TimerState* adopted) noexcept : state_(adopted) {}
  TimerRef(const TimerRef& other) noexcept;
  TimerRef(TimerRef&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  TimerRef& operator=(TimerRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~TimerRef();
  TimerState* get() const noexcept { return state_; }

 private:
  TimerState* state_ = nullptr;
};

TimerRef StartFunc(absl::Duration d, ::muster::internal::Callback callback);
// Stops a timer from inside or outside of its bubble: for contexts, which anybody may cancel.
void StopAnywhere(const Timer& timer);

}  // namespace internal

// Now is the wall clock's time, or that of the caller's bubble (muster/synctest.h). Since and Until
// are the durations from `t` to now and back.
absl::Time Now();
inline absl::Duration Since(absl::Time t) { return Now() - t; }
inline absl::Duration Until(absl::Time t) { return t - Now(); }

// Sleep pauses the caller for at least `d` ("sleep"); for d <= 0 it returns at once. Allocates
// nothing.
void Sleep(absl::Duration d);

// Timer is one event in the future. It is a handle: copies name the same timer. Dropping all
// handles does not stop it.
class Timer {
 public:
  // A default-constructed Timer names none; Stop and Reset on it throw Panic.
  Timer() noexcept = default;

  // C is the channel on which the time is sent; nil for timers made by AfterFunc.
  const RecvChan<absl::Time>& C() const noexcept { return chan_; }

  // Stop prevents the timer from firing. True if it did: what was sent but not yet received counts
  // as not fired, and is taken back. False if it has expired (for AfterFunc: the function has been
  // started in its goroutine; Stop does not wait for it) or been stopped.
  bool Stop();

  // Reset makes it fire after `d` from now, whatever its state. Its result is what Stop's would be.
  bool Reset(absl::Duration d);

 private:
  friend Timer NewTimer(absl::Duration d);
  friend void internal::StopAnywhere(const Timer& timer);
  template <typename F>
  friend Timer AfterFunc(absl::Duration d, F&& f);
  Timer(internal::TimerRef state, RecvChan<absl::Time> chan) noexcept
      : state_(std::move(state)), chan_(std::move(chan)) {}
  internal::TimerRef state_;
  RecvChan<absl::Time> chan_;
};

// NewTimer makes a timer that sends the time on C() once, after at least `d`.
Timer NewTimer(absl::Duration d);

// After is NewTimer(d).C().
RecvChan<absl::Time> After(absl::Duration d);

// AfterFunc calls `f()` in a goroutine of its own after at least `d`. A Reset runs it again, maybe
// while an earlier run lasts: all runs share the one `f`. `f` is destroyed when the last handle is
// gone and no run is pending.
template <typename F>
Timer AfterFunc(absl::Duration d, F&& f) {
  return Timer(internal::StartFunc(d, ::muster::internal::Callback(std::forward<F>(f))), {});
}

// Ticker sends the time at intervals. It is a handle: copies name the same ticker. It drops ticks
// to make up for a slow receiver; one faster than a millisecond slows down, to 64 ms at most, while
// nobody receives. Once neither a handle nor its channel is left, it is freed.
class Ticker {
 public:
  // A default-constructed Ticker names none: Stop does nothing, Reset throws Panic.
  Ticker() noexcept = default;

  const RecvChan<absl::Time>& C() const noexcept { return chan_; }
  // Stop ends the ticks. It does not close the channel.
  void Stop();
  // Reset starts a new interval of `d` now. Throws Panic("non-positive interval for Ticker.Reset").
  void Reset(absl::Duration d);

 private:
  friend Ticker NewTicker(absl::Duration d);
  Ticker(internal::TimerRef state, RecvChan<absl::Time> chan) noexcept
      : state_(std::move(state)), chan_(std::move(chan)) {}
  internal::TimerRef state_;
  RecvChan<absl::Time> chan_;
};

// NewTicker makes a ticker. Throws Panic("non-positive interval for NewTicker").
Ticker NewTicker(absl::Duration d);

// Tick is NewTicker(d).C(), and a nil channel for d <= 0.
RecvChan<absl::Time> Tick(absl::Duration d);

}  // namespace muster::time

#endif  // MUSTER_TIME_H_
