#include "tools/musterd/poll.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "muster/inspector/analysis.h"
#include "muster/inspector/report.h"

namespace muster::musterd {
namespace {

using inspector::Finding;
using inspector::Goroutine;
using inspector::Snapshot;

// Evidence for a person, not an archive: the whole snapshot can be had from the process.
constexpr size_t kMaxReportBytes = size_t{16} * 1024;
// Goroutine ids listed with a finding; its count tells how many there are.
constexpr size_t kMaxIds = 100;

// Field 22 of /proc/PID/stat. The second field, the program's name in parentheses, may contain
// spaces and parentheses itself, so counting starts behind the last one.
uint64_t StartTimeOf(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  const std::string stat((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  constexpr int kFieldsBetween = 19;  // From field 3, the state, to field 21.
  std::string skipped;
  for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
  uint64_t start_time = 0;
  fields >> start_time;
  return start_time;
}

std::string EvidenceFor(const Snapshot& snapshot, const Finding& finding) {
  std::ostringstream text;
  inspector::WriteFindings(snapshot, {finding}, text);
  std::string report = std::move(text).str();
  if (report.size() > kMaxReportBytes) {
    const size_t left_out = report.size() - kMaxReportBytes;
    report.resize(kMaxReportBytes);
    absl::StrAppend(&report, "\n... ", left_out, " more bytes left out\n");
  }
  return report;
}

// Two findings at one place are one row: many goroutines stuck in the same line say it once.
void Merge(const Finding& finding, Finding* into) {
  into->count += finding.count;
  into->certainty = std::min(into->certainty, finding.certainty);
  for (const uint64_t id : finding.goroutines) {
    if (into->goroutines.size() == kMaxIds) break;
    into->goroutines.push_back(id);
  }
}

void CountStates(const Snapshot& snapshot, PollResult* result) {
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.kind == inspector::Kind::kThread) continue;
    std::string state(goroutine.status());
    const bool full = result->by_state.size() >= kMaxStates;
    if (full && result->by_state.count(state) == 0) state = "other";
    result->by_state[state] += goroutine.count;
  }
}

}  // namespace

std::vector<Process> ListProcesses() {
  std::vector<Process> processes;
  for (inspector::Target& target : inspector::ListTargets()) {
    const uint64_t start_time = StartTimeOf(target.pid);
    processes.push_back({std::move(target), start_time});
  }
  return processes;
}

PollResult Poll(const Process& process) {
  PollResult result;
  result.process = process;
  result.at = absl::Now();
  const absl::StatusOr<Snapshot> snapshot =
      inspector::Fetch(absl::StrCat("unix:", process.target.socket));
  if (snapshot.ok()) {
    Summarize(*snapshot, &result);
  } else {
    result.error = std::string(snapshot.status().message());
    if (result.error.empty()) result.error = snapshot.status().ToString();
  }
  result.duration = absl::Now() - result.at;
  return result;
}

void Summarize(const Snapshot& snapshot, PollResult* result) {
  result->live = snapshot.live != 0 ? snapshot.live : snapshot.total();
  result->captured = snapshot.captured != 0 ? snapshot.captured : snapshot.total();
  CountStates(snapshot, result);
  std::unordered_map<std::string, size_t> seen;  // Fingerprint to index.
  for (const Finding& finding : inspector::Analyze(snapshot)) {
    std::string fingerprint = Fingerprint(snapshot, finding);
    if (const auto known = seen.find(fingerprint); known != seen.end()) {
      Merge(finding, &result->findings[known->second].finding);
    } else if (result->findings.size() == kMaxFindings) {
      ++result->findings_left_out;
    } else {
      seen.emplace(fingerprint, result->findings.size());
      result->findings.push_back({std::move(fingerprint), finding, EvidenceFor(snapshot, finding)});
    }
  }
}

}  // namespace muster::musterd
