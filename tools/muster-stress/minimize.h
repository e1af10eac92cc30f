// Minimize: the same finding with fewer preemptions.
//
// Of a failing schedule most decisions have nothing to do with the bug. They are set back to what a
// replay takes by itself, in halves, quarters and so on, and what still fails is kept (Zeller and
// Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). What was really decided
// in the run that failed is what is gone on from, since a decision less can change those behind it.
#ifndef TOOLS_MUSTER_STRESS_MINIMIZE_H_
#define TOOLS_MUSTER_STRESS_MINIMIZE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/muster-stress/trace_file.h"

namespace muster::stress {

struct Attempted {
  bool failed = false;  // the finding came again
  std::vector<Decision> trace;
};
// Runs a schedule (a MUSTER_SCHEDULE).
using Attempt = std::function<Attempted(const std::string& schedule)>;

// Minimize makes at most `most_attempts` runs of either kind. `original` is the schedule that
// failed. None when it does not fail again: then it is not the schedule alone that decides.
std::optional<std::vector<Decision>> Minimize(const std::string& original, const Attempt& attempt,
                                              uint64_t most_attempts,
                                              uint64_t* original_preemptions);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_MINIMIZE_H_
