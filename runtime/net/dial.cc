#include "runtime/net/dial.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "muster/go.h"
#include "muster/select.h"
#include "muster/time.h"
#include "runtime/net/resolve.h"

namespace muster::net::internal {
namespace {

// Less than that is hardly enough for a far machine: better few addresses with a chance than many
// without.
constexpr absl::Duration kFairShare = absl::Seconds(2);

struct Outcome {
  absl::StatusOr<Handle> dialed = Handle();
  bool primary = false;
};

// One dial of two lists.
class Race {
 public:
  Race(const context::Context& ctx, const Dialing& dialing)
      : ctx_(context::WithCancel(ctx)), dialing_(dialing) {}
  ~Race() {
    ctx_.cancel();
    over_.Close();
  }
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  absl::StatusOr<Handle> Run(const std::vector<Addr>& primaries,
                             const std::vector<Addr>& fallbacks) {
    Start(primaries, true);
    time::Timer delay = time::NewTimer(dialing_.fallback_delay);
    std::optional<absl::Status> primary_error, fallback_error;
    while (!primary_error.has_value() || !fallback_error.has_value()) {
      std::optional<Outcome> outcome;
      Select(OnRecv(delay.C(), [&] { Start(fallbacks, false); }),
             OnRecv(outcomes_, [&](std::optional<Outcome> ended) { outcome = std::move(ended); }));
      if (!outcome.has_value()) continue;
      if (outcome->dialed.ok()) {
        delay.Stop();
        return outcome->dialed;
      }
      (outcome->primary ? primary_error : fallback_error) = outcome->dialed.status();
      // Nothing is left to wait for.
      if (outcome->primary && delay.Stop()) delay.Reset(absl::ZeroDuration());
    }
    return *primary_error;
  }

 private:
  // What it uses is its own: it may outlive the race.
  void Start(const std::vector<Addr>& addresses, bool primary) {
    Go([ctx = ctx_.ctx, dialing = dialing_, addresses, primary, outcomes = outcomes_,
        over = over_] {
      // Handed over whole: TSan does not see absl count the references to an error, and would call
      // it a race if this goroutine were the one to give up the last.
      Select(OnSend(outcomes, Outcome{DialSerial(ctx, dialing, addresses), primary}), OnRecv(over));
    });
  }

  const context::Cancellable ctx_;
  const Dialing& dialing_;
  const Chan<Outcome> outcomes_ = MakeChan<Outcome>();
  const Chan<context::Unit> over_ = MakeChan<context::Unit>();
};

}  // namespace

absl::Time PartialDeadline(absl::Time now, absl::Time deadline, size_t addresses) {
  const absl::Duration left = deadline - now;
  const absl::Duration share = left / static_cast<int64_t>(addresses);
  return now + std::max(share, std::min(left, kFairShare));
}

absl::StatusOr<Handle> DialSerial(const context::Context& ctx, const Dialing& dialing,
                                  const std::vector<Addr>& addresses) {
  const absl::Time end = ctx.Deadline().value_or(absl::InfiniteFuture());
  absl::Status first;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const absl::Time now = absl::Now();
    if (!ctx.Err().ok() || end <= now) {
      const poll::Error why = Reason(ctx, poll::kTimedOut);
      return first.ok() ? DialError(dialing, addresses[i], why, "") : first;
    }
    const absl::Time until =
        end == absl::InfiniteFuture() ? end : PartialDeadline(now, end, addresses.size() - i);
    absl::StatusOr<Handle> dialed = Connect(ctx, dialing, addresses[i], until);
    if (dialed.ok()) return dialed;
    if (first.ok()) first = dialed.status();
  }
  return first;
}

absl::StatusOr<Handle> DialParallel(const context::Context& ctx, const Dialing& dialing,
                                    const std::vector<Addr>& primaries,
                                    const std::vector<Addr>& fallbacks) {
  if (fallbacks.empty()) return DialSerial(ctx, dialing, primaries);
  return Race(ctx, dialing).Run(primaries, fallbacks);
}

// Those of the first one's family, and the others.
std::pair<std::vector<Addr>, std::vector<Addr>> SplitByFamily(const std::vector<Addr>& addresses) {
  std::pair<std::vector<Addr>, std::vector<Addr>> split;
  for (const Addr& addr : addresses) {
    const bool primary = IsIPv4(addr) == IsIPv4(addresses.front());
    (primary ? split.first : split.second).push_back(addr);
  }
  return split;
}

absl::StatusOr<Handle> DialAll(const context::Context& ctx, const Dialing& dialing,
                               const std::vector<Addr>& addresses) {
  if (dialing.named != "tcp" || dialing.fallback_delay < absl::ZeroDuration()) {
    return DialSerial(ctx, dialing, addresses);
  }
  const auto [primaries, fallbacks] = SplitByFamily(addresses);
  return DialParallel(ctx, dialing, primaries, fallbacks);
}

}  // namespace muster::net::internal
