#include "tools/muster-stress/merge.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "tools/muster-stress/tsan_report.h"

namespace muster::stress {
namespace {

constexpr int kTsanExitCode = 66;
constexpr size_t kEvidenceLines = 40;
constexpr std::string_view kAsleep = "all goroutines are asleep - deadlock!";

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

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

// Hexadecimal addresses and offsets, and goroutine numbers, differ from run to run.
std::string WithoutNumbers(std::string_view line) {
  std::string result;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i, 2) == "0x") {
      i += 2;
      while (i < line.size() && std::isxdigit(static_cast<unsigned char>(line[i])) != 0) ++i;
      result += "0x";
      --i;
    } else if (line.substr(i, 10) == "goroutine ") {
      result += "goroutine #";
      i += 10;
      while (i < line.size() && std::isdigit(static_cast<unsigned char>(line[i])) != 0) ++i;
      --i;
    } else {
      result += line[i];
    }
  }
  return result;
}

// A deadlock is known by the places at which its goroutines stand: the dump's indented lines.
std::string DeadlockKey(std::string_view dump) {
  std::set<std::string> places;
  for (const std::string_view line : Lines(dump)) {
    if (!line.empty() && line[0] == '\t') places.insert(WithoutNumbers(line));
  }
  std::string key;
  for (const std::string& place : places) key.append(place).append("\n");
  return key;
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
                  uint64_t seed, std::map<std::string, bool>* seen_in_run) {
  const std::string full_key = std::string(ToString(kind)) + "\n" + key;
  auto [at, is_new] = findings_.try_emplace(full_key);
  StressFinding& finding = at->second;
  if (is_new || seed < finding.first_seed) {
    finding.kind = kind;
    finding.title = std::move(title);
    finding.evidence = std::move(evidence);
    finding.first_seed = seed;
  }
  ++finding.occurrences;
  if (!std::exchange((*seen_in_run)[full_key], true)) ++finding.runs;
}

void Merger::Add(uint64_t seed, const RunResult& result) {
  ++runs_;
  std::map<std::string, bool> seen;
  const auto note = [&](FindingKind kind, const std::string& key, std::string title,
                        std::string evidence) {
    Note(kind, key, std::move(title), std::move(evidence), seed, &seen);
  };
  for (TsanReport& report : ParseReports(result.output)) {
    // Half a report cannot be compared; how the run ended is noted below.
    if (report.truncated) continue;
    note(FindingKind::kReport, ReportKey(report), ReportTitle(report), std::move(report.text));
  }
  const bool reported = !seen.empty();
  if (result.timed_out) {
    note(FindingKind::kTimeout, "", "did not end in time and was killed", LastLines(result.output));
  } else if (result.signal != 0) {
    const std::string signal = strsignal(result.signal);
    note(FindingKind::kCrash, signal, "ended by a signal: " + signal, LastLines(result.output));
  } else if (result.output.find(kAsleep) != std::string::npos && result.exit_code != 0) {
    std::string dump = From(result.output, kAsleep);
    note(FindingKind::kDeadlock, DeadlockKey(dump), std::string(kAsleep), dump);
  } else if (const std::string panic = PanicLine(result.output);
             !panic.empty() && result.exit_code == 2) {
    note(FindingKind::kPanic, WithoutNumbers(panic), panic, From(result.output, panic));
  } else if (result.exit_code != 0 && !(result.exit_code == kTsanExitCode && reported)) {
    const std::string code = std::to_string(result.exit_code);
    note(FindingKind::kExit, code, "exit code " + code, LastLines(result.output));
  }
  if (seen.empty()) ++clean_runs_;
}

std::vector<StressFinding> Merger::Findings() const {
  std::vector<StressFinding> findings;
  for (const auto& [key, finding] : findings_) findings.push_back(finding);
  std::sort(findings.begin(), findings.end(), [](const StressFinding& a, const StressFinding& b) {
    if (a.runs != b.runs) return a.runs > b.runs;
    return std::tie(a.first_seed, a.title) < std::tie(b.first_seed, b.title);
  });
  return findings;
}

}  // namespace muster::stress
