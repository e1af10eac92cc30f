// State: a campaign in a file, so that one that was interrupted goes on where it was.
#ifndef TOOLS_MUSTER_STRESS_STATE_H_
#define TOOLS_MUSTER_STRESS_STATE_H_

#include <string>

#include "tools/muster-stress/merge.h"
#include "tools/muster-stress/runs.h"
#include "tools/muster-stress/summary.h"

namespace muster::stress {

// SaveState replaces the file at once: whoever reads it sees a whole one. "" or what went wrong.
std::string SaveState(const std::string& path, const Campaign& campaign, const Runs& runs,
                      const Merger& merger);

enum class Loaded { kNothing, kResumed, kMistake };

// LoadState brings `runs`, `merger` and the first seed of `campaign` to where they were. kNothing
// when there is no such file; kMistake, with `*problem`, when it cannot be read or belongs to
// another command or strategy.
Loaded LoadState(const std::string& path, Campaign* campaign, Runs* runs, Merger* merger,
                 std::string* problem);

// The first seed in the file; 0 if it cannot be had.
uint64_t SeedInState(const std::string& path);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_STATE_H_
