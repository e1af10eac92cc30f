#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/capture/own_symbols.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/symbols.h"
#include "muster/leaks.h"

namespace muster::inspector {
namespace {

Snapshot Symbolized(Snapshot snapshot, const CaptureOptions& options) {
  if (options.symbolize) Symbolize(&snapshot, OwnSymbols().symbolizer());
  return snapshot;
}

// What is proven stays true, so the capture may come after the search.
void FlagLeaked(const runtime::LeakReport& report, Snapshot* snapshot) {
  if (!report.failure.empty()) {
    snapshot->notes.push_back(
        absl::StrCat("leaks were not searched for by reachability: ", report.failure));
    return;
  }
  snapshot->reachability_searched = true;
  for (Goroutine& goroutine : snapshot->goroutines) {
    if (goroutine.kind != Kind::kGoroutine ||
        !std::binary_search(report.goroutines.begin(), report.goroutines.end(), goroutine.id)) {
      continue;
    }
    std::string& flags = goroutine.status_flags;
    flags = flags.empty() ? "(leaked)" : absl::StrCat("(leaked), ", flags);
  }
}

}  // namespace

Snapshot CaptureSelf(const CaptureOptions& options) {
  runtime::LeakReport report;
  if (options.prove_leaks) report = runtime::FindLeaks();
  Snapshot snapshot = FromRecord(record::Capture({.include_system = options.include_system}));
  if (options.prove_leaks) FlagLeaked(report, &snapshot);
  return Symbolized(std::move(snapshot), options);
}

Snapshot CaptureSelfGrouped(const CaptureOptions& options) {
  return Symbolized(FromRecord(record::CaptureGroups({.include_system = options.include_system})),
                    options);
}

}  // namespace muster::inspector
