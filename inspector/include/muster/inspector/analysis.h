// Analysis: snapshots in, findings out. Pure functions, no I/O, so that every verdict can be
// replayed from a saved snapshot.
#ifndef MUSTER_INSPECTOR_ANALYSIS_H_
#define MUSTER_INSPECTOR_ANALYSIS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector {

struct AnalyzeOptions {
  // Goroutines that carry this label are expected to be gone (the leak gate's scope); both empty:
  // no scope is over. {"test", "Suite.Name"} in the gtest listener.
  std::string ended_label_key;
  std::string ended_label_value;

  // A capture does not stop the world, so a wait and a hold that were read a moment apart may never
  // have met. Verdicts about who waits for whom count only what had lasted this long already; a
  // real deadlock lasts, and is found by the next look. Ages that a dump does not give count as
  // lasting.
  int64_t settled_ns = 100'000'000;
  // Suspicions need a wait of at least this age.
  int64_t suspect_after_ns = 1'000'000'000;
  // A goroutine that has been running for this long without giving way is a hog. Snapshots
  // and reports tell of 10 ms already; as a finding that would accuse every computation, and who
  // has merely lost its CPU to another process.
  int64_t hog_after_ns = 100'000'000;
  // Goroutines of one group from which on it may be a pile-up.
  uint64_t pile_up_count = 1000;
};

// Analyze runs every detector and returns the findings, proven first. A verdict that another one
// explains better (a member of a reported cycle, say) is given once.
std::vector<Finding> Analyze(const Snapshot& snapshot, const AnalyzeOptions& options = {});

// A group of goroutines with the same functions and lines on their stacks, state, reason and
// creation stack. Labels do not tell groups apart.
struct Group {
  uint64_t count = 0;
  std::string status;
  StackId stack = kNoStack;  // of the first of them; arguments and addresses may differ
  StackId creation_stack = kNoStack;
  int64_t wait_min_ns = 0, wait_median_ns = 0, wait_max_ns = 0;  // of those that wait
  bool has_wait = false;
  int64_t running_max_ns = 0;  // the longest that one of them has run without giving way
  uint64_t parent_id = 0;      // of all of them; 0 when not known, or not one and the same
  std::vector<uint64_t> ids;   // ascending; empty when the dump has none
  std::vector<Labels> labels;  // the first few different ones
  bool more_labels = false;    // there are others
};
// GroupGoroutines groups for display, largest first, ties by first id.
std::vector<Group> GroupGoroutines(const Snapshot& snapshot);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ANALYSIS_H_
