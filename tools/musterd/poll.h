// One poll of one process: what musterd keeps of a snapshot.
#ifndef TOOLS_MUSTERD_POLL_H_
#define TOOLS_MUSTERD_POLL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/model.h"

namespace muster::musterd {

// A process under watch. Process ids are used again by the system, so the start time (in clock
// ticks since boot, as /proc tells it) is part of what makes it the same process.
struct Process {
  inspector::Target target;
  uint64_t start_time = 0;

  friend bool operator==(const Process& a, const Process& b) {
    return a.target.pid == b.target.pid && a.start_time == b.start_time;
  }
  friend bool operator<(const Process& a, const Process& b) {
    return a.target.pid != b.target.pid ? a.target.pid < b.target.pid : a.start_time < b.start_time;
  }
};

// A finding together with what makes it the same one in the next poll, and the evidence as text.
struct SeenFinding {
  std::string fingerprint;
  inspector::Finding finding;
  std::string report;
};

struct PollResult {
  Process process;
  absl::Time at;
  absl::Duration duration;
  std::string error;  // "" when the process answered
  uint64_t live = 0;
  uint64_t captured = 0;
  std::map<std::string, uint64_t> by_state;  // goroutines by wait reason or state
  std::vector<SeenFinding> findings;
  uint64_t findings_left_out = 0;  // beyond kMaxFindings

  bool ok() const { return error.empty(); }
};

// More findings than this in one poll say nothing new; their number is kept.
inline constexpr size_t kMaxFindings = 500;
// More states than this are summed up as "other", which bounds the time series of a process.
inline constexpr size_t kMaxStates = 64;

// The processes of this user that have a socket now.
std::vector<Process> ListProcesses();

// Poll asks `process` for a snapshot and summarises it. Blocks until it answers, fails, or the
// client's own time limit ends it.
PollResult Poll(const Process& process);

// Summarize fills in all that follows from the snapshot: counts and findings.
void Summarize(const inspector::Snapshot& snapshot, PollResult* result);

// Fingerprint names a finding independently of goroutine ids, which change from one leaked
// goroutine to the next: by its rule, its objects, and the places where the goroutines wait
// and were created.
std::string Fingerprint(const inspector::Snapshot& snapshot, const inspector::Finding& finding);

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_POLL_H_
