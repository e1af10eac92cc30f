#include "tools/gprof-dump/ps.h"

#include <algorithm>
#include <future>
#include <ostream>
#include <string>
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

struct Row {
  std::string pid;
  std::string command;
  std::string goroutines;
  std::string socket;
};

// What the GOROUTINES column says. The runtime's own count is taken before the total of what was
// captured, since the total misses those that could not be seen.
std::string CountGoroutines(const Target& target) {
  const absl::StatusOr<Snapshot> snapshot = inspector::Fetch(absl::StrCat("unix:", target.socket));
  if (!snapshot.ok()) return "no answer";
  return absl::StrCat(snapshot->live != 0 ? snapshot->live : snapshot->total());
}

// Asks every process at the same time, so that one which hangs costs its own time limit only.
std::vector<Row> AskAll(const std::vector<Target>& targets) {
  std::vector<std::future<std::string>> counts;
  counts.reserve(targets.size());
  for (const Target& target : targets) {
    counts.push_back(std::async(std::launch::async, CountGoroutines, target));
  }
  std::vector<Row> rows;
  rows.reserve(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    rows.push_back(
        {absl::StrCat(targets[i].pid), targets[i].command, counts[i].get(), targets[i].socket});
  }
  return rows;
}

void Print(const std::vector<Row>& rows, std::ostream& out) {
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

int RunPs(const PsOptions&) {
  std::vector<Target> targets = inspector::ListTargets();
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.pid < b.pid; });
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open("");
  if (!output.ok()) return Fail(output.status());
  if (targets.empty()) {
    (*output)->stream() << "no Muster process of this user is running (looked in "
                        << inspector::SocketDirectory() << ")\n";
  } else {
    Print(AskAll(targets), (*output)->stream());
  }
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return kClean;
}

}  // namespace muster::gprof_dump
