#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "inspector/analysis/group_parts.h"
#include "inspector/analysis/shapes.h"
#include "muster/inspector/analysis.h"

namespace muster::inspector {
namespace {

struct Waits {
  analysis::WeightedWaits weighted;
  bool several_parents = false;
};

}  // namespace

std::vector<Group> GroupGoroutines(const Snapshot& snapshot) {
  using Key =
      std::tuple<analysis::Shape, analysis::Shape, State, std::string_view, std::string_view>;
  const analysis::Shapes shapes(snapshot);
  std::map<Key, std::pair<Group, Waits>> groups;
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.kind == Kind::kThread) continue;  // reports list threads apart
    auto& [group, waits] = groups[{shapes.ByLine(g.stack), shapes.ByLine(g.creation_stack), g.state,
                                   g.reason, g.status_flags}];
    if (group.count == 0) {
      group.status = g.status();
      if (!g.status_flags.empty()) group.status += " " + g.status_flags;
      group.stack = g.stack;
      group.creation_stack = g.creation_stack;
      group.parent_id = g.parent_id;
    }
    if (g.parent_id != group.parent_id) waits.several_parents = true;
    group.count += g.count;
    analysis::AddLabels(g.labels, &group);
    if (g.id != 0) group.ids.push_back(g.id);
    group.running_max_ns = std::max(group.running_max_ns, g.running_ns.value_or(0));
    if (g.wait_ns.has_value()) {
      waits.weighted.emplace_back(*g.wait_ns, g.count);
    }
  }
  std::vector<Group> sorted;
  for (auto& [key, entry] : groups) {
    auto& [group, waits] = entry;
    std::sort(waits.weighted.begin(), waits.weighted.end());
    analysis::FillWaits(waits.weighted, &group);
    if (waits.several_parents) group.parent_id = 0;
    std::sort(group.ids.begin(), group.ids.end());
    sorted.push_back(std::move(group));
  }
  analysis::SortGroups(&sorted);
  return sorted;
}

}  // namespace muster::inspector
