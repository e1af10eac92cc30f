// Writes Go's debug=1 text: buckets of equal stacks, the largest first.
//
// What Go has no place for stands in lines that begin with `# ` and have no tab: Go's tools skip
// them.
#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "inspector/formats/go_quote.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text1_parts.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/visible.h"
#include "inspector/formats/writers.h"

namespace muster::inspector::formats {
namespace {

// Goroutines of one bucket share everything that the bucket prints but their waits' lengths.
struct Group {
  uint64_t count = 0;
  std::string addresses;  // "@ 0x1 0x2": Go breaks ties by it
  std::string labels;     // the line's text, "" without labels
  const Goroutine* first = nullptr;
  std::vector<std::pair<int64_t, uint64_t>> waits;  // length, count
  bool lower_bound = false;
};

std::vector<Group> GroupAll(const Snapshot& snapshot) {
  std::map<std::tuple<StackId, Labels, std::string, StackId>, size_t> index;
  std::vector<Group> groups;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.kind == Kind::kThread) continue;
    const auto [it, inserted] = index.try_emplace(
        {goroutine.stack, goroutine.labels, FormatStatus(goroutine), goroutine.creation_stack},
        groups.size());
    if (inserted) {
      Group& group = groups.emplace_back();
      group.addresses = Addresses(snapshot, goroutine.stack);
      if (!goroutine.labels.empty()) group.labels = FormatLabels(goroutine.labels);
      group.first = &goroutine;
    }
    Group& group = groups[it->second];
    group.count += goroutine.count;
    if (!goroutine.wait_ns) continue;
    group.waits.emplace_back(*goroutine.wait_ns, goroutine.count);
    group.lower_bound = group.lower_bound || goroutine.wait_is_lower_bound;
  }
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::tie(b.count, a.addresses, a.labels) < std::tie(a.count, b.addresses, b.labels);
  });
  return groups;
}

std::string Length(int64_t ns) { return absl::FormatDuration(absl::Nanoseconds(ns)); }

// "1m2s" when all agree, else the shortest, the median and the longest.
std::string FormatWaits(Group* group) {
  auto& waits = group->waits;
  std::sort(waits.begin(), waits.end());
  const std::string bound = group->lower_bound ? "at least " : "";
  if (waits.front().first == waits.back().first) return bound + Length(waits.front().first);
  uint64_t total = 0;
  for (const auto& [ns, count] : waits) total += count;
  uint64_t before = 0;
  int64_t median = waits.back().first;
  for (const auto& [ns, count] : waits) {
    before += count;
    if (before < (total + 1) / 2) continue;
    median = ns;
    break;
  }
  return Cat("min ", Length(waits.front().first), ", median ", Length(median), ", max ", bound,
             Length(waits.back().first));
}

void WriteCreators(const Folding& folding, StackId stack, std::ostream& out) {
  std::string_view word = "# created by: ";
  for (const FrameId id : folding.Frames(stack)) {
    const Frame& frame = folding.frame(id);
    out << word;
    if (frame.pc != 0) out << "0x" << Cat(Hex(frame.pc)) << ' ';
    out << OneLine(frame.function.empty() ? "unknown" : frame.function);
    if (!frame.file.empty()) out << " at " << OneLine(frame.file) << ':' << frame.line;
    out << '\n';
    word = "# called from: ";
  }
}

void WriteGroup(const Folding& folding, Group* group, std::ostream& out) {
  out << group->count << ' ' << group->addresses << '\n';
  if (!group->labels.empty()) out << "# labels: " << group->labels << '\n';
  const Goroutine& goroutine = *group->first;
  // Readers of Go's own dumps know no state; there is none to tell.
  if (goroutine.state != State::kIdle || !goroutine.reason.empty()) {
    out << "# state: " << OneLine(FormatStatus(goroutine)) << '\n';
  }
  if (!group->waits.empty()) out << "# waiting: " << FormatWaits(group) << '\n';
  WriteCreators(folding, goroutine.creation_stack, out);
  out << FrameLines(folding, goroutine.stack) << '\n';
}

}  // namespace

void WriteText1(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out) {
  const Folding folding(snapshot, options.all_frames);
  out << OneLine(snapshot.profile) << " profile: total " << snapshot.total() << '\n';
  for (Group& group : GroupAll(snapshot)) WriteGroup(folding, &group, out);
  for (const std::string& note : snapshot.notes) out << "# note: " << OneLine(note) << '\n';
  WriteMappings(snapshot, out);
}

}  // namespace muster::inspector::formats
