#include "testdata/goker/judge.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"
#include "muster/leaks.h"
#include "muster/record.h"

namespace goker {
namespace {

namespace inspector = muster::inspector;
namespace record = muster::record;

// No kernel's own timer is longer than half of this, so whoever has waited so long is not going to
// be woken by one.
constexpr std::chrono::milliseconds kStillFor(60);
// Kernels whose bug is a loop are never still.
constexpr std::chrono::milliseconds kLimit(1500);
// A repaired body returns, and may take its time for it on a busy machine.
constexpr std::chrono::seconds kPatience(30);
constexpr std::chrono::milliseconds kBetweenLooks(2);

using Clock = std::chrono::steady_clock;
using Waits = std::map<uint64_t, int64_t>;  // since when each goroutine waits; 0: it does not

Waits WaitsOf(const std::pair<std::string, std::string>& label) {
  Waits waits;
  for (const record::Goroutine& g : record::Capture({.stacks = false}).goroutines) {
    if (g.kind != record::Kind::kGoroutine ||
        std::find(g.labels.begin(), g.labels.end(), label) == g.labels.end()) {
      continue;
    }
    waits[g.id] = g.state == record::State::kWaiting ? g.wait_since_ns : 0;
  }
  return waits;
}

// Whether all wait; a goroutine that runs may do anything.
bool AllWait(const Waits& waits) {
  return std::all_of(waits.begin(), waits.end(), [](const auto& each) { return each.second != 0; });
}

// Waits until everybody has waited in the same wait for kStillFor. Returns how many are left, or -1
// when the time limit ended it.
int Settle(const std::pair<std::string, std::string>& label, const std::atomic<bool>& begun) {
  const Clock::time_point end = Clock::now() + kLimit;
  Waits last;
  Clock::time_point since = Clock::now();
  while (Clock::now() < end) {
    std::this_thread::sleep_for(kBetweenLooks);
    Waits now = WaitsOf(label);
    if (begun && now.empty()) return 0;
    if (!begun || now != last || !AllWait(now)) {
      last = std::move(now);
      since = Clock::now();
    } else if (Clock::now() - since > kStillFor) {
      return static_cast<int>(now.size());
    }
  }
  return -1;
}

}  // namespace

void Judge(const Kernel& kernel, bool buggy) {
  static std::atomic<bool> begun{false}, returned{false};
  const std::pair<std::string, std::string> label("kernel", kernel.name);
  muster::runtime::SetLabel(label.first, label.second);
  muster::Go([&kernel, buggy] {
    begun = true;
    kernel.body(buggy);
    returned = true;
  });
  muster::runtime::SetLabel(label.first, "");
  for (const auto end = Clock::now() + kPatience; !buggy && !returned && Clock::now() < end;) {
    std::this_thread::sleep_for(kBetweenLooks);
  }
  const int left = Settle(label, begun);

  inspector::AnalyzeOptions options;
  // A body that has not returned is not over: nothing outlives it yet.
  if (returned) {
    options.ended_label_key = label.first;
    options.ended_label_value = label.second;
  }
  // All has been still for longer than this: ages do not matter any more.
  options.settled_ns = 10'000'000;
  options.suspect_after_ns = 20'000'000;
  nlohmann::json findings = nlohmann::json::array();
  for (const inspector::Finding& finding : inspector::Analyze(inspector::CaptureSelf(), options)) {
    findings.push_back({{"rule", finding.rule},
                        {"certainty", inspector::ToString(finding.certainty)},
                        {"goroutines", finding.count},
                        {"explanation", finding.explanation}});
  }
  const muster::runtime::LeakReport leaks = muster::runtime::FindLeaks();
  const nlohmann::json verdict = {{"kernel", kernel.name},
                                  {"variant", buggy ? "buggy" : "fixed"},
                                  {"returned", returned.load()},
                                  {"still", left >= 0},
                                  {"left", left},
                                  {"unreachable", leaks.goroutines.size()},
                                  {"search_failure", leaks.failure},
                                  {"findings", std::move(findings)}};
  std::puts(verdict.dump().c_str());
  std::fflush(stdout);
}

}  // namespace goker
