// CaptureGroups: goroutines that look alike, counted as they are met.
#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "muster/record.h"
#include "runtime/record/converter.h"
#include "runtime/record/roll_call.h"
#include "runtime/record/tsan.h"
#include "runtime/record/wait_lengths.h"

namespace muster::record {
namespace {

struct Key {
  uint32_t stack;
  uint32_t creation_stack;
  uint32_t labels;
  Kind kind;
  State state;
  WaitReason reason;
  bool locked_to_thread;

  // `stacks` says whether the one that the goroutine was started from counts, too.
  Key(const Sighting& seen, bool stacks)
      : stack(seen.stack),
        creation_stack(stacks ? seen.raw.creation_stack : 0),
        labels(seen.labels),
        kind(seen.raw.kind),
        state(seen.raw.state),
        reason(seen.raw.wait.reason),
        locked_to_thread(seen.raw.locked_to_thread) {}

  friend bool operator==(const Key&, const Key&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Key& key) {
    return H::combine(std::move(h), key.stack, key.creation_stack, key.labels, key.kind, key.state,
                      key.reason, key.locked_to_thread);
  }
};

struct Counter {
  uint64_t count = 0;
  uint64_t lowest_id = UINT64_MAX;
  const char* note = "";
  WaitLengths waits;
};

class Grouping {
 public:
  explicit Grouping(const CaptureOptions& options)
      : options_(options),
        call_({.stacks = options.stacks,
               .include_system = options.include_system,
               .details = false,
               .threads = false}) {}

  GroupedSnapshot Take() {
    while (const Sighting* seen = call_.Next()) Count(*seen);
    GroupedSnapshot snapshot;
    snapshot.groups.reserve(counters_.size());
    for (const auto& [key, counter] : counters_) snapshot.groups.push_back(Finish(key, counter));
    std::sort(snapshot.groups.begin(), snapshot.groups.end(), [](const Group& a, const Group& b) {
      return std::tie(b.count, a.lowest_id) < std::tie(a.count, b.lowest_id);
    });
    static_cast<Summary&>(snapshot) = call_.summary();
    return snapshot;
  }

 private:
  void Count(const Sighting& seen) {
    Counter& counter = counters_[Key(seen, options_.stacks)];
    ++counter.count;
    counter.lowest_id = std::min(counter.lowest_id, seen.raw.id);
    counter.note = seen.note;
    if (seen.raw.wait_since_ns == 0) return;
    // A goroutine may begin to wait after the capture's time was read.
    counter.waits.Add(std::max<int64_t>(0, call_.summary().monotonic_ns - seen.raw.wait_since_ns));
  }

  Group Finish(const Key& key, const Counter& counter) {
    Group group;
    group.count = counter.count;
    group.lowest_id = counter.lowest_id;
    group.kind = key.kind;
    group.state = key.state;
    group.reason = key.reason;
    group.locked_to_thread = key.locked_to_thread;
    group.creation_stack_id = key.creation_stack;
    group.creation_stack = converter_.CreationStackOf(key.creation_stack);
    group.stack = converter_.StackOf(key.stack);
    group.stack_note = counter.note;
    group.labels = converter_.LabelsOf(key.labels);
    group.waiting = counter.waits.count();
    group.wait_min_ns = counter.waits.shortest();
    group.wait_median_ns = counter.waits.Median();
    group.wait_max_ns = counter.waits.longest();
    return group;
  }

  const CaptureOptions options_;
  RollCall call_;
  Converter converter_{call_};
  absl::flat_hash_map<Key, Counter> counters_;
};

}  // namespace

GroupedSnapshot CaptureGroups(const CaptureOptions& options) {
  const tsan::IgnoreScope ignore;
  return Grouping(options).Take();
}

}  // namespace muster::record
