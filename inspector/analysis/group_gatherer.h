// GroupGatherer: groups the goroutines of snapshots that come one after the other, and keeps
// nothing of them but the groups. Not thread-safe.
#ifndef MUSTER_INSPECTOR_ANALYSIS_GROUP_GATHERER_H_
#define MUSTER_INSPECTOR_ANALYSIS_GROUP_GATHERER_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "inspector/analysis/shapes.h"
#include "muster/inspector/groups.h"

namespace muster::inspector::analysis {

class GroupGatherer {
 public:
  void Add(const Snapshot& part);
  // The groups of all that was added; their stacks are those of `snapshot()`.
  std::vector<Group> Finish();
  Snapshot& snapshot() { return all_; }

 private:
  // Stacks and status as numbers that are the same in every part.
  using Key = std::tuple<StackId, StackId, std::string>;
  struct Gathered {
    Group group;
    std::map<int64_t, uint64_t> waits;  // how long, how many: dumps give whole minutes
    bool several_parents = false;
  };

  // The stack of all_ that looks like this one of `part`.
  StackId Keep(const Snapshot& part, StackId stack);

  Snapshot all_;
  Interner interner_{&all_};
  std::map<Key, Gathered> groups_;
};

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_GROUP_GATHERER_H_
