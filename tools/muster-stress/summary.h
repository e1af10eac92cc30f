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
  std::vector<std::string> asked;    // the program and its arguments
  std::vector<std::string> command;  // as run, a `setarch -R` in front included
  std::string tsan_options;
  std::string strategy;  // MUSTER_SCHEDULE, or dfs:B; "": none
  uint64_t first_seed = 0;
  uint64_t planned_runs = 0;  // 0: as many as there are
  bool exhausted = false;     // there were no more to make
  uint64_t resumed_runs = 0;  // of `runs`, made before an interruption
  uint64_t runs = 0;
  uint64_t clean_runs = 0;
  std::vector<StressFinding> findings;
  std::vector<std::string> warnings;
};

// ReplayCommand is a line for the shell that repeats a run.
std::string ReplayCommand(const Campaign& campaign, const Variation& run);
// The same for the schedule with the fewest preemptions that shows the finding.
std::string ReplayCommand(const Campaign& campaign, const StressFinding& finding);

void WriteSummary(const Campaign& campaign, std::ostream& out);
void WriteSummaryJson(const Campaign& campaign, std::ostream& out);
// For CI: one test case for the campaign, and a failed one for each finding.
void WriteSummaryJUnit(const Campaign& campaign, std::ostream& out);
// SARIF 2.1.0: one result for each finding, at the first place in its evidence that has a line.
void WriteSummarySarif(const Campaign& campaign, std::ostream& out);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_SUMMARY_H_
