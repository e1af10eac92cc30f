// Runs: which runs a campaign makes, one after the other, and what is left of them.
//
// By seeds: run n has the first seed plus n. By depth first: every schedule with at most so many
// preemptions, each once. A schedule is known by its deviations from what a replay takes by itself
// (option 0): a run that was made with the first k decisions given has each of its later ones
// tried otherwise, with all before it as they were.
#ifndef TOOLS_MUSTER_STRESS_RUNS_H_
#define TOOLS_MUSTER_STRESS_RUNS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/muster-stress/trace_file.h"

namespace muster::stress {

// What tells one run of a campaign from another.
struct Variation {
  uint64_t number = 0;  // from 0
  uint64_t seed = 0;
  std::string schedule;  // MUSTER_SCHEDULE; "": none
};

// A schedule by depth first that is yet to be tried: the decisions to give.
using Prefix = std::vector<uint32_t>;

class Runs {
 public:
  // `strategy` is MUSTER_SCHEDULE, or "dfs:B"; `most` is how many runs there may be.
  Runs(std::string strategy, uint64_t first_seed, uint64_t most);

  bool by_depth() const { return bound_.has_value(); }
  // The next run to make. None when all are made or under way; more may come when one is done.
  std::optional<Variation> Next();
  // A run from Next is over, and took these decisions (depth first needs them).
  void Done(const Variation& run, const std::vector<Decision>& trace);
  // A run from Next came to nothing; Next gives it again.
  void Abandon(const Variation& run);
  bool AllMade() const { return waiting_.empty() && under_way_.empty() && NoneNew(); }
  // Whether they are all that there are by depth first, not only all that were asked for.
  bool Exhausted() const { return by_depth() && AllMade() && frontier_.empty(); }

  // For a file that a later campaign goes on from: runs under way count as not made.
  struct State {
    uint64_t next = 0;
    std::vector<Variation> open;
    std::vector<Prefix> frontier;  // depth first: of `open`, then of what is yet to be numbered
  };
  State Save() const;
  void Restore(State state);

 private:
  bool NoneNew() const;

  std::string strategy_;
  std::optional<uint64_t> bound_;
  uint64_t first_seed_;
  uint64_t most_;
  uint64_t next_ = 0;
  std::vector<Variation> waiting_;  // given back, or from a state
  std::map<uint64_t, Variation> under_way_;
  // Depth first only.
  std::vector<Prefix> frontier_;
  std::map<uint64_t, Prefix> prefixes_;  // of what waits or is under way
};

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_RUNS_H_
