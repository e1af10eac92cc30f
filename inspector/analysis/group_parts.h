// What grouping a snapshot and grouping a stream of them have in common.
#ifndef MUSTER_INSPECTOR_ANALYSIS_GROUP_PARTS_H_
#define MUSTER_INSPECTOR_ANALYSIS_GROUP_PARTS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "muster/inspector/analysis.h"

namespace muster::inspector::analysis {

// How long, and how many goroutines have waited that long.
using WeightedWaits = std::vector<std::pair<int64_t, uint64_t>>;

// Fills in the shortest, the median and the longest of `waits`, which ascend. Of an even number the
// lower middle one is the median.
void FillWaits(const WeightedWaits& waits, Group* group);

// Remembers the labels, unless the group has as many different ones as it shows.
void AddLabels(const Labels& labels, Group* group);

// Largest first, ties by first id, then by stack and status.
void SortGroups(std::vector<Group>* groups);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_GROUP_PARTS_H_
