#include <algorithm>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "inspector/report/json.h"
#include "inspector/report/layout.h"
#include "muster/inspector/views.h"

namespace muster::inspector {
namespace {

using report::Json;
using report::Layout;
using report::Style;
using Change = Comparison::Change;

void WriteChange(const Change& change, std::ostream& out, const ReportOptions& options) {
  Layout layout(*change.snapshot, out, options);
  const bool grew = change.delta() > 0;
  out << "\n"
      << layout.In(grew ? Style::kRed : Style::kCyan, absl::StrFormat("%+d", change.delta()))
      << " (" << change.before << " -> " << change.after << ") ["
      << layout.In(Style::kYellow, change.group.status) << "]"
      << (change.before == 0  ? " new"
          : change.after == 0 ? " gone"
                              : "")
      << "\n";
  layout.Frames(change.group.stack, 4);
  layout.CreatedBy(change.group.creation_stack, 0, 2);
}

}  // namespace

void WriteComparison(const GroupedDump& before, const GroupedDump& after,
                     const Comparison& comparison, std::ostream& out,
                     const ReportOptions& options) {
  Layout layout(after.snapshot, out, options);
  const int64_t delta = static_cast<int64_t>(comparison.total_after - comparison.total_before);
  out << layout.In(Style::kBold, absl::StrCat(report::SourceName(before.snapshot), " -> ",
                                              report::SourceName(after.snapshot)))
      << ": " << comparison.total_before << " -> "
      << analysis::Count(comparison.total_after, "goroutine") << " ("
      << absl::StreamFormat("%+d", delta) << "), "
      << analysis::Count(comparison.changes.size(), "group") << " changed, "
      << comparison.same_groups << " did not\n";
  for (const Change& change : comparison.changes) WriteChange(change, out, options);
  layout.Notes(after.snapshot.total());
}

void WriteComparisonJson(const GroupedDump& before, const GroupedDump& after,
                         const Comparison& comparison, std::ostream& out) {
  Json json;
  json["before"] = {{"source", before.snapshot.source}, {"goroutines", comparison.total_before}};
  json["after"] = {{"source", after.snapshot.source}, {"goroutines", comparison.total_after}};
  json["same_groups"] = comparison.same_groups;
  Json& changes = json["changes"] = Json::array();
  for (const Change& change : comparison.changes) {
    Json item = {{"before", change.before}, {"after", change.after}, {"delta", change.delta()}};
    item.update(report::JsonGroup(*change.snapshot, change.group));
    changes.push_back(std::move(item));
  }
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
