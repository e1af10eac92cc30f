// Fleet: the present state of what is watched, for /metrics. Kept in memory, so that scraping
// costs no query and counters start at zero with the daemon, as Prometheus expects.
#ifndef TOOLS_MUSTERD_FLEET_H_
#define TOOLS_MUSTERD_FLEET_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tools/musterd/poll.h"

namespace muster::musterd {

struct TargetState {
  Process process;
  bool up = false;
  bool answered = false;  // the last poll was answered; the counts below are of the last answer
  absl::Duration duration;
  uint64_t live = 0;
  std::map<std::string, uint64_t> by_state;
  // The number of findings by rule and certainty.
  std::map<std::pair<std::string, std::string>, uint64_t> findings;
  uint64_t findings_left_out = 0;
  uint64_t polls = 0;
  uint64_t errors = 0;
  absl::Time gone;  // when it was first missing; meaningful when not up
};

struct FleetState {
  std::vector<TargetState> targets;  // by pid
  uint64_t cycles = 0;
  uint64_t store_errors = 0;
  int64_t store_bytes = 0;
};

// An ended process is shown as down for this long, so that an alert on it can fire; then its
// series end.
inline constexpr absl::Duration kShowGone = absl::Minutes(10);

// Thread-safe.
class Fleet {
 public:
  void OnPoll(const PollResult& result);
  // One round over all targets ended; `running` is what exists now.
  void OnCycle(const std::vector<Process>& running, absl::Time now);
  void OnStore(bool ok, int64_t bytes);

  FleetState State() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<Process, TargetState> targets_ ABSL_GUARDED_BY(mutex_);
  uint64_t cycles_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t store_errors_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t store_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_FLEET_H_
