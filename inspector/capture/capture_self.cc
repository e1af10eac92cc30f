#include <algorithm>
#include <chrono>
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
// Who was deadlocked still is if it has waited since before the search, `since_ns` ago; one that
// has gone on has been unlocked for.
void FlagLeaked(const runtime::LeakReport& report, int64_t since_ns, Snapshot* snapshot) {
  if (!report.failure.empty()) {
    snapshot->notes.push_back(
        absl::StrCat("leaks were not searched for by reachability: ", report.failure));
    return;
  }
  snapshot->reachability_searched = true;
  for (Goroutine& goroutine : snapshot->goroutines) {
    if (goroutine.kind != Kind::kGoroutine) continue;
    const auto is_in = [&goroutine](const std::vector<uint64_t>& ids) {
      return std::binary_search(ids.begin(), ids.end(), goroutine.id);
    };
    if (goroutine.wait_ns.value_or(0) >= since_ns && is_in(report.deadlocked)) {
      goroutine.deadlocked = true;
      for (const runtime::CouldWake& could : report.could_wake) {
        if (could.waiter == goroutine.id) goroutine.could_wake = could.others;
      }
    }
    goroutine.unstoppable = is_in(report.unstoppable);
    if (!is_in(report.goroutines)) continue;
    std::string& flags = goroutine.status_flags;
    flags = flags.empty() ? "(leaked)" : absl::StrCat("(leaked), ", flags);
  }
}

}  // namespace

Snapshot CaptureSelf(const CaptureOptions& options) {
  runtime::LeakReport report;
  const auto begin = std::chrono::steady_clock::now();
  if (options.prove_leaks) report = runtime::FindLeaks();
  Snapshot snapshot = FromRecord(record::Capture({.include_system = options.include_system}));
  const std::chrono::nanoseconds since = std::chrono::steady_clock::now() - begin;
  if (options.prove_leaks) FlagLeaked(report, since.count(), &snapshot);
  return Symbolized(std::move(snapshot), options);
}

Snapshot CaptureSelfGrouped(const CaptureOptions& options) {
  return Symbolized(FromRecord(record::CaptureGroups({.include_system = options.include_system})),
                    options);
}

}  // namespace muster::inspector
