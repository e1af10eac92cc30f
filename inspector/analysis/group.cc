#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "inspector/analysis/shapes.h"
#include "muster/inspector/analysis.h"

namespace muster::inspector {
namespace {

struct Waits {
  std::vector<std::pair<int64_t, uint64_t>> weighted;  // how long, how many goroutines
  uint64_t count = 0;
};

// Fills in the shortest, the median and the longest wait, counting an entry as often as it stands
// for goroutines. Of an even number the lower middle one is the median.
void FillWaits(Waits* waits, Group* group) {
  if (waits->weighted.empty()) return;
  std::sort(waits->weighted.begin(), waits->weighted.end());
  group->has_wait = true;
  group->wait_min_ns = waits->weighted.front().first;
  group->wait_max_ns = waits->weighted.back().first;
  uint64_t passed = 0;
  for (const auto& [wait, count] : waits->weighted) {
    passed += count;
    if (passed * 2 < waits->count) continue;
    group->wait_median_ns = wait;
    return;
  }
}

void AddLabels(const Labels& labels, Group* group) {
  constexpr size_t kShown = 3;
  if (labels.empty() || group->more_labels) return;
  if (std::find(group->labels.begin(), group->labels.end(), labels) != group->labels.end()) return;
  group->more_labels = group->labels.size() == kShown;
  if (!group->more_labels) group->labels.push_back(labels);
}

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
    }
    group.count += g.count;
    AddLabels(g.labels, &group);
    if (g.id != 0) group.ids.push_back(g.id);
    if (g.wait_ns.has_value()) {
      waits.weighted.emplace_back(*g.wait_ns, g.count);
      waits.count += g.count;
    }
  }
  std::vector<Group> sorted;
  for (auto& [key, entry] : groups) {
    auto& [group, waits] = entry;
    FillWaits(&waits, &group);
    std::sort(group.ids.begin(), group.ids.end());
    sorted.push_back(std::move(group));
  }
  // The stacks and the status settle ties between groups that have no ids.
  std::sort(sorted.begin(), sorted.end(), [](const Group& a, const Group& b) {
    const uint64_t first_a = a.ids.empty() ? 0 : a.ids.front();
    const uint64_t first_b = b.ids.empty() ? 0 : b.ids.front();
    return std::tie(b.count, first_a, a.stack, a.creation_stack, a.status) <
           std::tie(a.count, first_b, b.stack, b.creation_stack, b.status);
  });
  return sorted;
}

}  // namespace muster::inspector
