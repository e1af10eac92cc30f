// rate::Limiter lets events happen up to a rate, and in bursts of up to a size, as Go's
// golang.org/x/time/rate does: a bucket of `burst` tokens, full at first, which is refilled by
// `limit` tokens a second. Each event takes a token.
//
//   muster::rate::Limiter limiter(muster::rate::Every(absl::Milliseconds(100)), 5);
//   for (const Request& request : requests) {
//     if (absl::Status status = limiter.Wait(ctx); !status.ok()) return status;
//     Send(request);
//   }
//
// Allow drops events that come too early, Reserve says how long to wait, Wait waits. The clock is
// time::Now, so in a synctest bubble it is the bubble's. The calls that end in At take the time as
// an argument; it need not go forwards.
#ifndef MUSTER_RATE_H_
#define MUSTER_RATE_H_

#include <cstdint>
#include <limits>
#include <mutex>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/sync.h"

namespace muster::rate {

// Limit is a rate, in events per second. At 0 no token is ever added.
using Limit = double;
// Inf lets all events happen, whatever the burst.
inline constexpr Limit kInf = std::numeric_limits<double>::max();
// Every gives the rate of one event in each `interval`; kInf if that is not positive.
Limit Every(absl::Duration interval);

class Limiter;

// Reservation: events that a limiter lets happen at a later time. It must not outlive its limiter.
class Reservation {
 public:
  // OK: whether the limiter can let that happen at all. If not, Delay is infinite and Cancel does
  // nothing.
  bool OK() const { return ok_; }
  // Delay is how long the holder must wait before it acts; 0: it may act at once.
  absl::Duration Delay() const;
  absl::Duration DelayFrom(absl::Time now) const;
  // Cancel says that the holder will not act: what it took is given back, as far as others have not
  // reserved behind it.
  void Cancel() const;
  void CancelAt(absl::Time now) const;

 private:
  friend class Limiter;
  bool ok_ = false;
  Limiter* limiter_ = nullptr;
  int64_t tokens_ = 0;
  absl::Time time_to_act_;
  Limit limit_ = 0;  // at the time of the reservation
};

// Thread-safe.
class Limiter {
 public:
  // Go's NewLimiter.
  Limiter(Limit limit, int64_t burst);
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // How much may happen, and how much at once. A call that asks for more than the burst fails.
  Limit limit() const;
  int64_t Burst() const;
  // Tokens is how many there are now; negative when some are reserved.
  double Tokens() const;
  double TokensAt(absl::Time now) const;

  // Allow says whether an event may happen now, and takes its token then.
  bool Allow() { return AllowN(1); }
  bool AllowN(int64_t n);
  bool AllowAt(absl::Time now, int64_t n);

  // Reserve takes the tokens in advance: the caller is to wait for Delay, or to Cancel.
  Reservation Reserve() { return ReserveN(1); }
  Reservation ReserveN(int64_t n);
  Reservation ReserveAt(absl::Time now, int64_t n);

  // Wait waits ("select") until `n` events may happen. It fails without having taken anything: with
  // ctx.Err() when `ctx` is done; with DEADLINE_EXCEEDED at once when it would be by then; with
  // INVALID_ARGUMENT when `n` is more than the burst.
  absl::Status Wait(const context::Context& ctx) { return WaitN(ctx, 1); }
  absl::Status WaitN(const context::Context& ctx, int64_t n);

  // Change it from now on; reservations stay as they are.
  void SetLimit(Limit limit);
  void SetLimitAt(absl::Time now, Limit limit);
  void SetBurst(int64_t burst);
  void SetBurstAt(absl::Time now, int64_t burst);

 private:
  friend class Reservation;
  double TokensLocked(absl::Time now) const;
  void AdvanceLocked(absl::Time now);
  Reservation Take(absl::Time now, int64_t n, absl::Duration longest_wait);
  void GiveBack(const Reservation& reservation, absl::Time now);

  mutable Mutex mutex_;
  // Guarded by mutex_.
  Limit limit_;
  int64_t burst_;
  double tokens_;  // at the time `last_`
  absl::Time last_ = absl::InfinitePast();
  absl::Time last_event_ = absl::InfinitePast();  // the latest that has been let happen
};

// When Sometimes calls its function; a field that is 0 says nothing.
struct When {
  int64_t first = 0;                               // the first so many times
  int64_t every = 0;                               // each so many-th time
  absl::Duration interval = absl::ZeroDuration();  // when that has passed since the last call
};

// Sometimes calls a function now and then, and the very first time in any case. Thread-safe.
//   muster::rate::Sometimes sometimes({.first = 3, .interval = absl::Seconds(10)});
class Sometimes {
 public:
  explicit Sometimes(const When& when) : when_(when) {}
  Sometimes(const Sometimes&) = delete;
  Sometimes& operator=(const Sometimes&) = delete;

  // Do calls `f()` if it is time to. Calls wait for one another; `f` must not call Do.
  template <typename F>
  void Do(F&& f) {
    const std::unique_lock lock(mutex_);
    if (IsTime()) {
      f();
      NoteCall();
    }
    ++count_;
  }

 private:
  bool IsTime() const;
  void NoteCall();

  const When when_;
  Mutex mutex_;
  // Guarded by mutex_.
  int64_t count_ = 0;
  absl::Time last_ = absl::InfinitePast();
};

}  // namespace muster::rate

#endif  // MUSTER_RATE_H_
