// The bucket is never refilled by anybody: how many tokens there are follows from how many there
// were, and how long ago that was. A reservation takes tokens that are yet to come, so their number
// may be negative; the debt is how long the next one has to wait.
#include "muster/rate.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "absl/strings/str_cat.h"
#include "muster/chan.h"
#include "muster/select.h"
#include "muster/time.h"

namespace muster::rate {
namespace {

absl::Duration DurationOf(double tokens, Limit limit) {
  return limit <= 0 ? absl::InfiniteDuration() : absl::Seconds(tokens / limit);
}

double TokensIn(absl::Duration duration, Limit limit) {
  return limit <= 0 ? 0 : absl::ToDoubleSeconds(duration) * limit;
}

}  // namespace

Limit Every(absl::Duration interval) {
  return interval <= absl::ZeroDuration() ? kInf : 1 / absl::ToDoubleSeconds(interval);
}

// ---- Reservation

absl::Duration Reservation::Delay() const { return DelayFrom(time::Now()); }

absl::Duration Reservation::DelayFrom(absl::Time now) const {
  if (!ok_) return absl::InfiniteDuration();
  return std::max(time_to_act_ - now, absl::ZeroDuration());
}

void Reservation::Cancel() const { CancelAt(time::Now()); }

void Reservation::CancelAt(absl::Time now) const {
  if (ok_) limiter_->GiveBack(*this, now);
}

// ---- Limiter

Limiter::Limiter(Limit limit, int64_t burst)
    : limit_(limit), burst_(burst), tokens_(static_cast<double>(burst)) {}

Limit Limiter::limit() const {
  const std::unique_lock lock(mutex_);
  return limit_;
}

int64_t Limiter::Burst() const {
  const std::unique_lock lock(mutex_);
  return burst_;
}

double Limiter::Tokens() const { return TokensAt(time::Now()); }

double Limiter::TokensAt(absl::Time now) const {
  const std::unique_lock lock(mutex_);
  return TokensLocked(now);
}

// A clock that goes backwards adds nothing.
double Limiter::TokensLocked(absl::Time now) const {
  const absl::Duration elapsed = now - std::min(now, last_);
  return std::min(tokens_ + TokensIn(elapsed, limit_), static_cast<double>(burst_));
}

void Limiter::AdvanceLocked(absl::Time now) {
  tokens_ = TokensLocked(now);
  last_ = now;
}

bool Limiter::AllowN(int64_t n) { return AllowAt(time::Now(), n); }

bool Limiter::AllowAt(absl::Time now, int64_t n) { return Take(now, n, absl::ZeroDuration()).OK(); }

Reservation Limiter::ReserveN(int64_t n) { return ReserveAt(time::Now(), n); }

Reservation Limiter::ReserveAt(absl::Time now, int64_t n) {
  return Take(now, n, absl::InfiniteDuration());
}

Reservation Limiter::Take(absl::Time now, int64_t n, absl::Duration longest_wait) {
  const std::unique_lock lock(mutex_);
  Reservation reservation;
  reservation.limiter_ = this;
  reservation.limit_ = limit_;
  if (limit_ == kInf) {
    reservation.ok_ = true;
    reservation.tokens_ = n;
    reservation.time_to_act_ = now;
    return reservation;
  }
  const double left = TokensLocked(now) - static_cast<double>(n);
  const absl::Duration wait = left < 0 ? DurationOf(-left, limit_) : absl::ZeroDuration();
  // A wait without an end is none that anybody may be told to wait.
  reservation.ok_ = n <= burst_ && wait <= longest_wait && wait < absl::InfiniteDuration();
  if (!reservation.ok_) return reservation;
  reservation.tokens_ = n;
  reservation.time_to_act_ = now + wait;
  last_ = now;
  tokens_ = left;
  last_event_ = reservation.time_to_act_;
  return reservation;
}

void Limiter::GiveBack(const Reservation& reservation, absl::Time now) {
  const std::unique_lock lock(mutex_);
  if (limit_ == kInf || reservation.tokens_ == 0 || reservation.time_to_act_ < now) return;
  // What was reserved behind it was told to wait for these tokens as well: it keeps them.
  const double reserved_since =
      TokensIn(last_event_ - reservation.time_to_act_, reservation.limit_);
  const double restored = static_cast<double>(reservation.tokens_) - reserved_since;
  if (restored <= 0) return;
  AdvanceLocked(now);
  tokens_ = std::min(tokens_ + restored, static_cast<double>(burst_));
  if (reservation.time_to_act_ != last_event_) return;
  const absl::Time before =
      reservation.time_to_act_ -
      DurationOf(static_cast<double>(reservation.tokens_), reservation.limit_);
  if (before >= now) last_event_ = before;
}

absl::Status Limiter::WaitN(const context::Context& ctx, int64_t n) {
  {
    const std::unique_lock lock(mutex_);
    if (n > burst_ && limit_ != kInf) {
      return absl::InvalidArgumentError(
          absl::StrCat("rate: Wait(n=", n, ") exceeds limiter's burst ", burst_));
    }
  }
  if (absl::Status done = ctx.Err(); !done.ok()) return done;
  const absl::Time now = time::Now();
  const std::optional<absl::Time> deadline = ctx.Deadline();
  const absl::Duration longest = deadline.has_value() ? *deadline - now : absl::InfiniteDuration();
  const Reservation reservation = Take(now, n, longest);
  if (!reservation.OK()) {
    return absl::DeadlineExceededError(
        absl::StrCat("rate: Wait(n=", n, ") would exceed context deadline"));
  }
  const absl::Duration delay = reservation.DelayFrom(now);
  if (delay == absl::ZeroDuration()) return absl::OkStatus();
  time::Timer timer = time::NewTimer(delay);
  bool in_time = false;
  Select(OnRecv(timer.C(), [&] { in_time = true; }), OnRecv(ctx.Done()));
  if (in_time) return absl::OkStatus();
  timer.Stop();
  reservation.Cancel();
  return ctx.Err();
}

void Limiter::SetLimit(Limit limit) { SetLimitAt(time::Now(), limit); }

void Limiter::SetLimitAt(absl::Time now, Limit limit) {
  const std::unique_lock lock(mutex_);
  AdvanceLocked(now);
  limit_ = limit;
}

void Limiter::SetBurst(int64_t burst) { SetBurstAt(time::Now(), burst); }

void Limiter::SetBurstAt(absl::Time now, int64_t burst) {
  const std::unique_lock lock(mutex_);
  AdvanceLocked(now);
  burst_ = burst;
}

// ---- Sometimes

bool Sometimes::IsTime() const {
  return count_ == 0 || count_ < when_.first || (when_.every > 0 && count_ % when_.every == 0) ||
         (when_.interval > absl::ZeroDuration() && time::Now() - last_ >= when_.interval);
}

void Sometimes::NoteCall() {
  if (when_.interval > absl::ZeroDuration()) last_ = time::Now();
}

}  // namespace muster::rate
