#include "tools/musterd/fleet.h"

#include <algorithm>

namespace muster::musterd {

void Fleet::OnPoll(const PollResult& result) {
  absl::MutexLock lock(&mutex_);
  TargetState& target = targets_[result.process];
  target.process = result.process;
  target.up = true;
  target.answered = result.ok();
  target.duration = result.duration;
  ++target.polls;
  if (!result.ok()) {
    ++target.errors;
    return;
  }
  target.live = result.live;
  target.by_state = result.by_state;
  target.findings.clear();
  target.findings_left_out = result.findings_left_out;
  for (const SeenFinding& seen : result.findings) {
    ++target.findings[{seen.finding.rule, inspector::ToString(seen.finding.certainty)}];
  }
}

void Fleet::OnCycle(const std::vector<Process>& running, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  ++cycles_;
  for (auto it = targets_.begin(); it != targets_.end();) {
    TargetState& target = it->second;
    const bool runs = std::find(running.begin(), running.end(), it->first) != running.end();
    if (!runs && target.up) {
      target.up = false;
      target.gone = now;
    }
    if (!target.up && now - target.gone >= kShowGone) {
      it = targets_.erase(it);
    } else {
      ++it;
    }
  }
}

void Fleet::OnStore(bool ok, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (ok) {
    store_bytes_ = bytes;
  } else {
    ++store_errors_;
  }
}

FleetState Fleet::State() const {
  absl::MutexLock lock(&mutex_);
  FleetState state;
  state.targets.reserve(targets_.size());
  for (const auto& [process, target] : targets_) state.targets.push_back(target);
  state.cycles = cycles_;
  state.store_errors = store_errors_;
  state.store_bytes = store_bytes_;
  return state;
}

}  // namespace muster::musterd
