// Campaign: all runs of one invocation.
#ifndef TOOLS_MUSTER_STRESS_CAMPAIGN_H_
#define TOOLS_MUSTER_STRESS_CAMPAIGN_H_

#include <atomic>
#include <string>

#include "tools/muster-stress/command_line.h"
#include "tools/muster-stress/summary.h"

namespace muster::stress {

// RunCampaign runs `program` (a path) with options.command's arguments as often as asked, or until
// `stop` is set. Returns "" and fills `campaign` in, or says why nothing could be run.
std::string RunCampaign(const Options& options, const std::string& program,
                        const std::atomic<bool>& stop, Campaign* campaign);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_CAMPAIGN_H_
