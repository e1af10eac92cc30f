#include "tools/gprof-dump/check.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"
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

}  // namespace

std::vector<Finding> FindAll(const Snapshot& snapshot, const CheckOptions& options) {
  std::vector<Finding> all;
  if (options.ended_labels.empty()) all = Analyze(snapshot);
  for (const auto& [key, value] : options.ended_labels) {
    AddNew(Analyze(snapshot, {.ended_label_key = key, .ended_label_value = value}), &all);
  }
  // Certainty counts downwards: kProven is the smallest.
  std::erase_if(all, [&](const Finding& f) { return f.certainty > options.min_certainty; });
  std::stable_sort(all.begin(), all.end(),
                   [](const Finding& a, const Finding& b) { return a.certainty < b.certainty; });
  return all;
}

int RunCheck(const CheckOptions& options) {
  const absl::StatusOr<Snapshot> snapshot = inspector::Fetch(options.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  if (snapshot->truncated) {
    Warn(absl::StrCat(snapshot->source, " ends in the middle; what is missing was not checked"));
  }
  const std::vector<Finding> findings = FindAll(*snapshot, options);
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open("");
  if (!output.ok()) return Fail(output.status());
  std::ostream& out = (*output)->stream();
  if (options.json) {
    inspector::WriteFindingsJson(*snapshot, findings, out);
  } else {
    inspector::WriteFindings(
        *snapshot, findings, out,
        {.color = (*output)->UseColor(options.color), .all_frames = options.all_frames});
  }
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return findings.empty() ? kClean : kFindings;
}

}  // namespace muster::gprof_dump
