#include "tools/muster-stress/runs.h"

#include <utility>

namespace muster::stress {
namespace {

constexpr std::string_view kByDepth = "dfs:";

std::string ReplayOf(const Prefix& prefix) {
  std::vector<Decision> decisions;
  for (const uint32_t chosen : prefix) {
    decisions.push_back({.options = 0, .chosen = chosen, .preemptive = false});
  }
  return ReplayText(decisions);
}

}  // namespace

Runs::Runs(std::string strategy, uint64_t first_seed, uint64_t most)
    : strategy_(std::move(strategy)), first_seed_(first_seed), most_(most) {
  if (!strategy_.starts_with(kByDepth)) return;
  bound_ = std::stoull(strategy_.substr(kByDepth.size()));
  frontier_.emplace_back();
}

bool Runs::NoneNew() const { return next_ >= most_ || (by_depth() && frontier_.empty()); }

std::optional<Variation> Runs::Next() {
  Variation run;
  if (!waiting_.empty()) {
    run = std::move(waiting_.back());
    waiting_.pop_back();
  } else if (NoneNew()) {
    return std::nullopt;
  } else {
    run.number = next_++;
    if (by_depth()) {
      run.seed = first_seed_;
      run.schedule = ReplayOf(frontier_.back());
      prefixes_[run.number] = std::move(frontier_.back());
      frontier_.pop_back();
    } else {
      run.seed = first_seed_ + run.number;
      run.schedule = strategy_;
    }
  }
  under_way_[run.number] = run;
  return run;
}

void Runs::Done(const Variation& run, const std::vector<Decision>& trace) {
  under_way_.erase(run.number);
  if (!by_depth()) return;
  const size_t given = prefixes_[run.number].size();
  prefixes_.erase(run.number);
  uint64_t preemptions = 0;
  Prefix before;
  // What deviates late is pushed last and tried first: the search stays deep, its frontier small.
  for (size_t i = 0; i < trace.size(); ++i) {
    const Decision& decision = trace[i];
    const bool affordable = !decision.preemptive || preemptions < *bound_;
    for (uint32_t other = 1; i >= given && affordable && other < decision.options; ++other) {
      Prefix prefix = before;
      prefix.push_back(other);
      frontier_.push_back(std::move(prefix));
    }
    if (decision.preemptive && decision.chosen != 0) ++preemptions;
    before.push_back(decision.chosen);
  }
}

void Runs::Abandon(const Variation& run) {
  under_way_.erase(run.number);
  waiting_.push_back(run);
}

Runs::State Runs::Save() const {
  State state{.next = next_, .open = waiting_, .frontier = {}};
  for (const auto& [number, run] : under_way_) state.open.push_back(run);
  if (!by_depth()) return state;
  for (const Variation& run : state.open) state.frontier.push_back(prefixes_.at(run.number));
  state.frontier.insert(state.frontier.end(), frontier_.begin(), frontier_.end());
  return state;
}

void Runs::Restore(State state) {
  next_ = state.next;
  waiting_ = std::move(state.open);
  under_way_.clear();
  if (!by_depth()) return;
  prefixes_.clear();
  frontier_.clear();
  for (size_t i = 0; i < state.frontier.size(); ++i) {
    if (i < waiting_.size()) {
      prefixes_[waiting_[i].number] = std::move(state.frontier[i]);
    } else {
      frontier_.push_back(std::move(state.frontier[i]));
    }
  }
}

}  // namespace muster::stress
