#include "inspector/gtest/leftovers.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "muster/inspector/analysis.h"
#include "muster/inspector/report.h"
#include "muster/record.h"
#include "muster/runtime.h"

namespace muster::inspector::gtest {
namespace {

using Label = std::pair<std::string, std::string>;

template <typename AnyGoroutine>
bool IsOf(const AnyGoroutine& goroutine, const Label& label) {
  return goroutine.kind == record::Kind::kGoroutine && goroutine.state != record::State::kDead &&
         std::find(goroutine.labels.begin(), goroutine.labels.end(), label) !=
             goroutine.labels.end();
}

bool IsAbout(const Finding& finding, const std::set<uint64_t>& ids) {
  return std::any_of(finding.goroutines.begin(), finding.goroutines.end(),
                     [&](uint64_t id) { return ids.count(id) > 0; });
}

// The finding that is made here when the detectors report none: a leftover is never passed over.
Finding PlainFinding(const std::string& test, const std::set<uint64_t>& ids) {
  Finding finding;
  finding.rule = "outlives-test";
  finding.certainty = Certainty::kCertainNow;
  finding.title = absl::StrCat(ids.size(), ids.size() == 1 ? " goroutine" : " goroutines",
                               " left behind by ", test);
  finding.explanation =
      absl::StrCat("The test ", test, " has ended, and what it started is still there.");
  finding.goroutines.assign(ids.begin(), ids.end());
  finding.count = ids.size();
  return finding;
}

}  // namespace

std::set<uint64_t> FindLeftovers(const std::string& test, const std::set<uint64_t>& known) {
  std::set<uint64_t> ids;
  if (runtime::NumGoroutine() == 0) return ids;
  const Label label(kTestLabel, test);
  for (const record::Goroutine& goroutine : record::Capture({.stacks = false}).goroutines) {
    if (IsOf(goroutine, label) && known.count(goroutine.id) == 0) ids.insert(goroutine.id);
  }
  return ids;
}

std::set<uint64_t> AwaitLeftovers(const std::string& test, const std::set<uint64_t>& known,
                                  absl::Duration limit) {
  const absl::Time deadline = absl::Now() + limit;
  // Most tests leave goroutines that are just about to end, so the first looks come soon.
  std::chrono::microseconds pause(20);
  for (;;) {
    std::set<uint64_t> left = FindLeftovers(test, known);
    if (left.empty() || absl::Now() >= deadline) return left;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(10'000));
  }
}

std::string DescribeLeftovers(Snapshot snapshot, const std::string& test,
                              const std::set<uint64_t>& known, std::set<uint64_t>* ids) {
  const Label label(kTestLabel, test);
  ids->clear();
  for (Goroutine& goroutine : snapshot.goroutines) {
    if (!IsOf(goroutine, label)) continue;
    if (known.count(goroutine.id) == 0) {
      ids->insert(goroutine.id);
    } else {
      // An earlier run of the same test was told of this one.
      std::erase(goroutine.labels, label);
    }
  }
  if (ids->empty()) return "";
  std::vector<Finding> findings =
      Analyze(snapshot, {.ended_label_key = kTestLabel, .ended_label_value = test});
  // What other tests' goroutines do is not this one's fault.
  std::erase_if(findings, [&](const Finding& finding) { return !IsAbout(finding, *ids); });
  if (findings.empty()) findings.push_back(PlainFinding(test, *ids));
  std::ostringstream out;
  out << test << " left " << ids->size() << (ids->size() == 1 ? " goroutine" : " goroutines")
      << " behind.\n";
  WriteFindings(snapshot, findings, out);
  return out.str();
}

}  // namespace muster::inspector::gtest
