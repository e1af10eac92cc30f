// GroupKey: what a group is known by in other dumps.
#ifndef MUSTER_INSPECTOR_ANALYSIS_GROUP_KEY_H_
#define MUSTER_INSPECTOR_ANALYSIS_GROUP_KEY_H_

#include <string>

#include "muster/inspector/analysis.h"
#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

// The status, and the functions and lines of both stacks; frames without a name by their module and
// offset, which are the same wherever the module was loaded, else by their address.
std::string GroupKey(const Snapshot& snapshot, const Group& group);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_GROUP_KEY_H_
