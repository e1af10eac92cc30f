#include "tools/gprof-dump/check.h"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/filter.h"
#include "muster/inspector/report.h"
#include "tools/gprof-dump/exit_code.h"

namespace muster::gprof_dump {
namespace {

using inspector::Analyze;
using inspector::Finding;
using inspector::Snapshot;

bool Same(const Finding& a, const Finding& b) {
  return a.rule == b.rule && a.goroutines == b.goroutines && a.objects == b.objects;
}

void AddNew(std::vector<Finding> more, std::vector<Finding>* findings) {
  for (Finding& finding : more) {
    const bool known = std::any_of(findings->begin(), findings->end(),
                                   [&](const Finding& other) { return Same(other, finding); });
    if (!known) findings->push_back(std::move(finding));
  }
}

// Rules about goroutines that stay behind, rather than such that are in each other's way.
bool IsLeak(const Finding& finding) {
  static constexpr std::string_view kRules[] = {
      "unreachable",       "leaked", "blocked-forever", "outlives-test",
      "abandoned-channel", "orphan", "pile-up",         "leak-unit"};
  return std::find(std::begin(kRules), std::end(kRules), finding.rule) != std::end(kRules);
}

}  // namespace

std::vector<Finding> FindAll(const Snapshot& snapshot, const CheckOptions& options) {
  std::vector<Finding> all;
  if (options.ended_labels.empty()) all = Analyze(snapshot);
  for (const auto& [key, value] : options.ended_labels) {
    AddNew(Analyze(snapshot, {.ended_label_key = key, .ended_label_value = value}), &all);
  }
  if (options.leaks_only) {
    std::erase_if(all, [](const Finding& f) { return !IsLeak(f); });
  }
  KeepFindings(options.view.filter, snapshot, &all);
  // Certainty counts downwards: kProven is the smallest.
  std::erase_if(all, [&](const Finding& f) { return f.certainty > options.min_certainty; });
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.certainty < b.certainty; });
  return all;
}

int RunCheck(const CheckOptions& options) {
  const ViewOptions& view = options.view;
  const absl::StatusOr<Snapshot> snapshot =
      inspector::Fetch(view.target, {.prove_leaks = options.prove});
  if (!snapshot.ok()) return Fail(snapshot.status());
  if (options.prove && !snapshot->reachability_searched) {
    Warn(absl::StrCat(
        snapshot->source, ": its memory was not searched; what follows is not proven by that",
        snapshot->notes.empty() ? "" : absl::StrCat(" (", snapshot->notes.back(), ")")));
  }
  const std::vector<Finding> findings = FindAll(*snapshot, options);
  return Show(
      view,
      [&](std::ostream& out, const inspector::ReportOptions& report) {
        if (view.json) {
          inspector::WriteFindingsJson(*snapshot, findings, out);
        } else {
          inspector::WriteFindings(*snapshot, findings, out, report);
        }
      },
      findings.empty() ? kClean : kFindings);
}

}  // namespace muster::gprof_dump
