#include "tools/gprof-dump/ps.h"

#include <algorithm>
#include <cstdint>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "muster/inspector/capture.h"
#include "tools/gprof-dump/exit_code.h"
#include "tools/gprof-dump/output.h"

namespace muster::gprof_dump {
namespace {

using inspector::Snapshot;
using inspector::Target;

using Goroutines = std::optional<uint64_t>;  // none: no answer

struct Answer {
  Target target;
  Goroutines goroutines;
};

struct Row {
  std::string pid;
  std::string command;
  std::string goroutines;
  std::string socket;
};

// The runtime's own count is taken before the total of what was captured, since the total misses
// those that could not be seen.
Goroutines CountGoroutines(const Target& target) {
  const absl::StatusOr<Snapshot> snapshot = inspector::Fetch(absl::StrCat("unix:", target.socket));
  if (!snapshot.ok()) return std::nullopt;
  return snapshot->live != 0 ? snapshot->live : snapshot->total();
}

// Asks every process at the same time, so that one which hangs costs its own time limit only.
std::vector<Answer> AskAll(const std::vector<Target>& targets) {
  std::vector<std::future<Goroutines>> counts;
  counts.reserve(targets.size());
  for (const Target& target : targets) {
    counts.push_back(std::async(std::launch::async, CountGoroutines, target));
  }
  std::vector<Answer> answers;
  answers.reserve(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) answers.push_back({targets[i], counts[i].get()});
  return answers;
}

void PrintJson(const std::vector<Answer>& answers, std::ostream& out) {
  auto json = nlohmann::ordered_json::array();
  for (const auto& [target, goroutines] : answers) {
    nlohmann::ordered_json item;
    item["pid"] = target.pid;
    item["command"] = target.command;
    if (goroutines.has_value()) item["goroutines"] = *goroutines;
    item["socket"] = target.socket;
    json.push_back(std::move(item));
  }
  // A program's name may be no UTF-8.
  out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void Print(const std::vector<Answer>& answers, std::ostream& out) {
  std::vector<Row> rows;
  for (const auto& [target, goroutines] : answers) {
    rows.push_back({absl::StrCat(target.pid), target.command,
                    goroutines.has_value() ? absl::StrCat(*goroutines) : "no answer",
                    target.socket});
  }
  Row width{"PID", "COMMAND", "GOROUTINES", "SOCKET"};
  const Row head = width;
  const auto widen = [](std::string* column, const std::string& cell) {
    if (cell.size() > column->size()) *column = cell;
  };
  for (const Row& row : rows) {
    widen(&width.pid, row.pid);
    widen(&width.command, row.command);
    widen(&width.goroutines, row.goroutines);
  }
  const auto line = [&out, &width](const Row& row) {
    out << absl::StreamFormat("%*s  %-*s  %*s  %s\n", static_cast<int>(width.pid.size()), row.pid,
                              static_cast<int>(width.command.size()), row.command,
                              static_cast<int>(width.goroutines.size()), row.goroutines,
                              row.socket);
  };
  line(head);
  for (const Row& row : rows) line(row);
}

}  // namespace

int RunPs(const PsOptions& options) {
  std::vector<Target> targets = inspector::ListTargets();
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.pid < b.pid; });
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open("");
  if (!output.ok()) return Fail(output.status());
  std::ostream& out = (*output)->stream();
  if (options.quiet) {
    for (const Target& target : targets) out << target.pid << "\n";
  } else if (options.json) {
    PrintJson(AskAll(targets), out);
  } else if (targets.empty()) {
    out << "no Muster process of this user is running (looked in " << inspector::SocketDirectory()
        << ")\n";
  } else {
    Print(AskAll(targets), out);
  }
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return kClean;
}

}  // namespace muster::gprof_dump
