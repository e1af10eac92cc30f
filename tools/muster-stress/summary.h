// Summary: what was found, for people and as JSON.
#ifndef TOOLS_MUSTER_STRESS_SUMMARY_H_
#define TOOLS_MUSTER_STRESS_SUMMARY_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "tools/muster-stress/merge.h"

namespace muster::stress {

struct Campaign {
  std::vector<std::string> command;  // as run, a `setarch -R` in front included
  std::string tsan_options;
  std::string strategy;  // MUSTER_SCHEDULE; "": none
  uint64_t first_seed = 0;
  uint64_t planned_runs = 0;
  uint64_t runs = 0;
  uint64_t clean_runs = 0;
  std::vector<StressFinding> findings;
  std::vector<std::string> warnings;
};

// ReplayCommand is a line for the shell that repeats the run with `seed`.
std::string ReplayCommand(const Campaign& campaign, uint64_t seed);

void WriteSummary(const Campaign& campaign, std::ostream& out);
void WriteSummaryJson(const Campaign& campaign, std::ostream& out);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_SUMMARY_H_
