#include "tools/muster-stress/merge.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

#include "tools/muster-stress/hang.h"
#include "tools/muster-stress/tsan_report.h"

namespace muster::stress {
namespace {

constexpr int kTsanExitCode = 66;
constexpr size_t kEvidenceLines = 40;
constexpr std::string_view kAsleep = "all goroutines are asleep - deadlock!";

std::string LastLines(std::string_view output) {
  const std::vector<std::string_view> lines = Lines(output);
  const size_t from = lines.size() > kEvidenceLines ? lines.size() - kEvidenceLines : 0;
  std::string text;
  for (size_t i = from; i < lines.size(); ++i) text.append(lines[i]).append("\n");
  return text;
}

// What follows the first line that holds `mark`, that line included.
std::string From(std::string_view output, std::string_view mark) {
  const size_t at = output.find(mark);
  const size_t line = output.rfind('\n', at);
  output.remove_prefix(line == std::string_view::npos ? 0 : line + 1);
  return std::string(output);
}

// The line that begins with "panic: ", "" if there is none.
std::string PanicLine(std::string_view output) {
  for (const std::string_view line : Lines(output)) {
    if (line.substr(0, 7) == "panic: ") return std::string(line);
  }
  return "";
}

}  // namespace

const char* ToString(FindingKind kind) {
  switch (kind) {
    case FindingKind::kReport:
      return "report";
    case FindingKind::kDeadlock:
      return "deadlock";
    case FindingKind::kPanic:
      return "panic";
    case FindingKind::kCrash:
      return "crash";
    case FindingKind::kTimeout:
      return "time-out";
    case FindingKind::kExit:
      return "exit";
  }
  return "";
}

bool TsanCouldNotStart(const RunResult& result) {
  if (result.timed_out || result.interrupted || result.exit_code == 0) return false;
  if (result.output.find("FATAL: ThreadSanitizer: unexpected memory mapping") !=
      std::string::npos) {
    return true;
  }
  return result.exit_code == kTsanExitCode &&
         result.output.find("ThreadSanitizer: ") == std::string::npos;
}

void Merger::Note(FindingKind kind, const std::string& key, std::string title, std::string evidence,
                  const Variation& run, std::map<std::string, bool>* seen_in_run) {
  const std::string full_key = std::string(ToString(kind)) + "\n" + key;
  auto [at, is_new] = findings_.try_emplace(full_key);
  StressFinding& finding = at->second;
  if (is_new || run.number < finding.first.number) {
    finding.kind = kind;
    finding.title = std::move(title);
    finding.evidence = std::move(evidence);
    finding.first = run;
  }
  ++finding.occurrences;
  if (!std::exchange((*seen_in_run)[full_key], true)) ++finding.runs;
}

void Merger::Add(const Variation& run, const RunResult& result) {
  ++runs_;
  std::map<std::string, bool> seen;
  const auto note = [&](FindingKind kind, const std::string& key, std::string title,
                        std::string evidence) {
    Note(kind, key, std::move(title), std::move(evidence), run, &seen);
  };
  for (TsanReport& report : ParseReports(result.output)) {
    // Half a report cannot be compared; how the run ended is noted below.
    if (report.truncated) continue;
    note(FindingKind::kReport, ReportKey(report), ReportTitle(report), std::move(report.text));
  }
  const bool reported = !seen.empty();
  if (result.timed_out) {
    const Hang hang = JudgeHang(result.output);
    note(FindingKind::kTimeout, hang.key, hang.verdict,
         hang.dump.empty() ? LastLines(result.output) : hang.dump);
  } else if (result.signal != 0) {
    const std::string signal = strsignal(result.signal);
    note(FindingKind::kCrash, signal, "ended by a signal: " + signal, LastLines(result.output));
  } else if (result.output.find(kAsleep) != std::string::npos && result.exit_code != 0) {
    std::string dump = From(result.output, kAsleep);
    note(FindingKind::kDeadlock, PlacesKey(dump), std::string(kAsleep), dump);
  } else if (const std::string panic = PanicLine(result.output);
             !panic.empty() && result.exit_code == 2) {
    note(FindingKind::kPanic, WithoutNumbers(panic), panic, From(result.output, panic));
  } else if (result.exit_code != 0 && !(result.exit_code == kTsanExitCode && reported)) {
    const std::string code = std::to_string(result.exit_code);
    note(FindingKind::kExit, code, "exit code " + code, LastLines(result.output));
  }
  if (seen.empty()) ++clean_runs_;
}

void Merger::Minimized(const std::string& key, std::string schedule, uint64_t preemptions,
                       uint64_t minimal_preemptions) {
  StressFinding& finding = findings_.at(key);
  finding.minimal_schedule = std::move(schedule);
  finding.preemptions = preemptions;
  finding.minimal_preemptions = minimal_preemptions;
}

void Merger::Restore(std::map<std::string, StressFinding> findings, uint64_t runs,
                     uint64_t clean_runs) {
  findings_ = std::move(findings);
  runs_ = runs;
  clean_runs_ = clean_runs;
}

std::vector<StressFinding> Merger::Findings() const {
  std::vector<StressFinding> findings;
  for (const auto& [key, finding] : findings_) findings.push_back(finding);
  std::sort(findings.begin(), findings.end(), [](const StressFinding& a, const StressFinding& b) {
    if (a.runs != b.runs) return a.runs > b.runs;
    return std::tie(a.first.number, a.title) < std::tie(b.first.number, b.title);
  });
  return findings;
}

}  // namespace muster::stress
