#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <vector>

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
using Row = Series::Row;

// "12/min": in the unit in which the number is not tiny.
std::string Rate(double per_second) {
  const double size = std::abs(per_second);
  if (size >= 1) return absl::StrFormat("%+.1f a second", per_second);
  if (size >= 1.0 / 60) return absl::StrFormat("%+.1f a minute", per_second * 60);
  return absl::StrFormat("%+.1f an hour", per_second * 3600);
}

size_t CountOf(const std::vector<Row>& rows, Trend trend) {
  return static_cast<size_t>(std::count_if(
      rows.begin(), rows.end(), [trend](const Row& row) { return row.growth.trend == trend; }));
}

std::string Span(const Series& series) {
  if (series.size() == 0) return "no samples";
  const auto& totals = series.totals();
  return absl::StrCat(analysis::Count(series.size(), "sample"), " over ",
                      FormatDuration(totals.back().at_ns - totals.front().at_ns));
}

void WriteRow(const Row& row, Layout* layout) {
  std::ostream& out = layout->out();
  const Growth& growth = row.growth;
  const bool grows = growth.trend == Trend::kGrowing;
  out << "\n"
      << layout->In(grows ? Style::kRed : Style::kBold, ToString(growth.trend)) << ": "
      << growth.first << " -> " << analysis::Count(growth.last, "goroutine") << " ["
      << layout->In(Style::kYellow, row.group.status) << "], " << Rate(growth.per_second)
      << " (median), between " << growth.least << " and " << growth.most << "\n";
  layout->Frames(row.group.stack, 4);
  layout->CreatedBy(row.group.creation_stack, row.group.parent_id, 2);
}

Json ToJson(const std::vector<Sample>& samples) {
  Json json = Json::array();
  for (const Sample& sample : samples) json.push_back({sample.at_ns, sample.count});
  return json;
}

}  // namespace

void WriteGrowth(const Series& series, const std::vector<Row>& rows, std::ostream& out,
                 const ReportOptions& options) {
  Layout layout(series.snapshot(), out, options);
  const size_t growing = CountOf(rows, Trend::kGrowing);
  const size_t steady = CountOf(rows, Trend::kSteady);
  out << layout.In(Style::kBold, report::SourceName(series.snapshot())) << ": "
      << (growing == 0
              ? "nothing grows"
              : absl::StrCat(analysis::Count(growing, "group"), growing == 1 ? " grows" : " grow"))
      << ": " << Span(series);
  if (series.size() > 0) {
    out << ", " << series.totals().front().count << " -> "
        << analysis::Count(series.totals().back().count, "goroutine") << " in "
        << analysis::Count(rows.size(), "group") << ", " << steady << " of them steady";
  }
  out << "\n";
  if (series.size() < kFewestSamples) {
    layout.Wrap(
        absl::StrCat("a verdict takes ", kFewestSamples, " samples; take more, or more often"), 6,
        "note: ");
    return;
  }
  for (const Row& row : rows) {
    if (row.growth.trend != Trend::kSteady) WriteRow(row, &layout);
  }
}

void WriteGrowthJson(const Series& series, const std::vector<Row>& rows, std::ostream& out) {
  Json json;
  json["source"] = series.snapshot().source;
  json["samples"] = series.size();
  json["totals"] = ToJson(series.totals());
  json["growing"] = CountOf(rows, Trend::kGrowing);
  Json& groups = json["groups"] = Json::array();
  for (const Row& row : rows) {
    Json item;
    item["trend"] = ToString(row.growth.trend);
    item["first"] = row.growth.first;
    item["last"] = row.growth.last;
    item["least"] = row.growth.least;
    item["most"] = row.growth.most;
    item["per_second"] = row.growth.per_second;
    item["chance"] = row.growth.chance;
    item["samples"] = ToJson(row.samples);
    item.update(report::JsonGroup(series.snapshot(), row.group));
    groups.push_back(std::move(item));
  }
  report::PrintJson(json, out);
}

}  // namespace muster::inspector
