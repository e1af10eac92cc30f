#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "inspector/report/layout.h"

namespace muster::inspector {
namespace {

using report::Layout;
using report::Style;

// ", waiting 1.2s" or ", waiting 1.2s .. 3.4s .. 5s (min, median, max)".
std::string WaitText(const Group& group) {
  if (!group.has_wait) return "";
  const std::string longest = FormatDuration(group.wait_max_ns);
  if (group.wait_min_ns == group.wait_max_ns) return absl::StrCat(", waiting ", longest);
  return absl::StrCat(", waiting ", FormatDuration(group.wait_min_ns), " .. ",
                      FormatDuration(group.wait_median_ns), " .. ", longest, " (min, median, max)");
}

// ", for 35ms without giving way".
std::string RunText(const Group& group) {
  if (group.running_max_ns < report::kLongRun) return "";
  return absl::StrCat(", for ", group.count > 1 ? "up to " : "",
                      FormatDuration(group.running_max_ns), " without giving way");
}

// What the goroutines of a group that waits for input or output wait for: the first few.
void WriteDescriptors(const Snapshot& snapshot, const Group& group, Layout* layout) {
  constexpr size_t kShown = 4;
  std::vector<std::string> lines;
  for (const uint64_t id : group.ids) {
    const Goroutine* goroutine = snapshot.FindGoroutine(id);
    if (goroutine == nullptr || goroutine->waits.size() != 1) continue;
    const Wait& wait = goroutine->waits.front();
    if (wait.kind != ObjectKind::kFD) continue;
    const Resource* resource = snapshot.FindResource(wait.object);
    if (resource == nullptr) continue;
    lines.push_back(absl::StrCat(wait.direction == Direction::kWrite ? "to write" : "to read",
                                 " fd ", resource->fd, ": ", resource->name));
    if (lines.size() == kShown) break;
  }
  for (const std::string& line : lines) layout->Wrap(line, 2);
}

void WriteGroup(const Snapshot& snapshot, const Group& group, Layout* layout) {
  std::ostream& out = layout->out();
  out << "\n"
      << layout->In(Style::kBold, analysis::Count(group.count, "goroutine")) << " ["
      << layout->In(Style::kYellow, group.status) << "]" << WaitText(group) << RunText(group)
      << "\n";
  if (!group.ids.empty()) {
    layout->Wrap(layout->words().Names(group.ids, group.count, 8), 2);
  }
  WriteDescriptors(snapshot, group, layout);
  for (const Labels& labels : group.labels) layout->LabelLine(labels, 2);
  if (group.more_labels) out << "  ... and others\n";
  layout->Frames(group.stack, 4);
  layout->CreatedBy(group.creation_stack, group.parent_id, 2);
}

void WriteThreads(const Snapshot& snapshot, Layout* layout) {
  bool first = true;
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.kind != Kind::kThread) continue;
    if (first) layout->out() << "\nthreads that used a primitive\n";
    first = false;
    layout->out() << "  " << layout->words().Name(g) << " [" << g.status();
    if (g.wait_ns.has_value()) layout->out() << ", " << FormatDuration(*g.wait_ns);
    layout->out() << "]" << layout->words().At(g.stack) << "\n";
  }
}

uint64_t CountOf(const std::vector<Group>& groups) {
  uint64_t count = 0;
  for (const Group& group : groups) count += group.count;
  return count;
}

void WriteGroups(const Snapshot& snapshot, const std::vector<Group>& groups, std::ostream& out,
                 const ReportOptions& options) {
  Layout layout(snapshot, out, options);
  const uint64_t seen = CountOf(groups);
  // Goroutines may be started while a capture runs, so N can pass the M of its beginning.
  out << layout.In(Style::kBold, report::SourceName(snapshot)) << ": " << seen << " of "
      << analysis::Count(std::max(seen, snapshot.live), "goroutine") << " in "
      << analysis::Count(groups.size(), "group") << "\n";
  for (const Group& group : groups) WriteGroup(snapshot, group, &layout);
  WriteThreads(snapshot, &layout);
  layout.Notes(seen);
}

}  // namespace

void WriteGrouped(const Snapshot& snapshot, std::ostream& out, const ReportOptions& options) {
  WriteGroups(snapshot, GroupGoroutines(snapshot), out, options);
}

void WriteGrouped(const GroupedDump& dump, std::ostream& out, const ReportOptions& options) {
  WriteGroups(dump.snapshot, dump.groups, out, options);
}

}  // namespace muster::inspector
