#include "inspector/analysis/group_parts.h"

#include <algorithm>
#include <tuple>

namespace muster::inspector::analysis {

void FillWaits(const WeightedWaits& waits, Group* group) {
  if (waits.empty()) return;
  group->has_wait = true;
  group->wait_min_ns = waits.front().first;
  group->wait_max_ns = waits.back().first;
  uint64_t total = 0;
  for (const auto& [wait, count] : waits) total += count;
  uint64_t passed = 0;
  for (const auto& [wait, count] : waits) {
    passed += count;
    if (passed * 2 < total) continue;
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

void SortGroups(std::vector<Group>* groups) {
  std::sort(groups->begin(), groups->end(), [](const Group& a, const Group& b) {
    const uint64_t first_a = a.ids.empty() ? 0 : a.ids.front();
    const uint64_t first_b = b.ids.empty() ? 0 : b.ids.front();
    return std::tie(b.count, first_a, a.stack, a.creation_stack, a.status) <
           std::tie(a.count, first_b, b.stack, b.creation_stack, b.status);
  });
}

}  // namespace muster::inspector::analysis
