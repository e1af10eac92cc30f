// Store: the bounded history in SQLite. What is in it: targets, one row per poll with the
// goroutines of each state, and findings with the times at which they were first and last seen
// and resolved.
//
// Bounds: polls, resolved findings and ended targets older than `keep_age` go; when the data is
// larger than `keep_bytes`, the oldest polls go first, then the oldest resolved findings. Open
// findings and running targets stay: they are the present, not history. The write-ahead log beside
// the file is at most a few MiB more.
#ifndef TOOLS_MUSTERD_STORE_H_
#define TOOLS_MUSTERD_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/musterd/poll.h"

namespace muster::musterd {

struct Retention {
  absl::Duration keep_age = absl::Hours(7 * 24);
  int64_t keep_bytes = int64_t{256} << 20;
};

struct StoredPoll {
  absl::Time at;
  absl::Duration duration;
  std::string error;
  uint64_t live = 0;
  uint64_t captured = 0;
  std::map<std::string, uint64_t> by_state;
};

struct StoredTarget {
  Process process;
  absl::Time first_seen;
  absl::Time last_seen;
  std::optional<absl::Time> gone;
  std::optional<StoredPoll> last_poll;
  uint64_t open_findings = 0;
};

struct StoredFinding {
  int64_t id = 0;
  Process process;
  std::string rule;
  std::string certainty;
  std::string title;
  std::string explanation;
  uint64_t count = 0;
  std::string detail;  // a JSON object: goroutines, objects, actors
  std::string report;  // evidence at first sight, as text
  absl::Time first_seen;
  absl::Time last_seen;
  std::optional<absl::Time> resolved;
  std::string resolution;
};

enum class FindingState { kOpen, kResolved, kAll };

struct FindingQuery {
  FindingState state = FindingState::kOpen;
  std::optional<int> pid;
  int64_t below_id = INT64_MAX;  // for the next page: the last id of this one
  int limit = 500;
};

struct FindingPage {
  std::vector<StoredFinding> findings;  // newest first
  bool more = false;                    // there are others behind the limit
};

// Store is thread-safe: calls are serialised.
class Store {
 public:
  // Opens or creates the database at `path`. A file that is damaged, of another program, or of a
  // newer musterd is an error that says what to do; it is not touched.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path,
                                                     const Retention& retention);
  virtual ~Store() = default;

  // Record writes one poll, in one transaction. After an answer, findings of this target that were
  // not seen in it are resolved; after an error they stay as they are, since nothing was seen.
  virtual absl::Status Record(const PollResult& result) = 0;

  // MarkGone ends the targets that are not among `running`, and resolves their findings.
  virtual absl::Status MarkGone(const std::vector<Process>& running, absl::Time now) = 0;

  // Prune enforces the retention.
  virtual absl::Status Prune(absl::Time now) = 0;

  virtual absl::StatusOr<std::vector<StoredTarget>> Targets() = 0;
  virtual absl::StatusOr<FindingPage> Findings(const FindingQuery& query) = 0;
  // The newest `limit` polls of the processes with this pid, newest first.
  virtual absl::StatusOr<std::vector<StoredPoll>> History(int pid, int limit) = 0;

  // The bytes of the database in use, without the write-ahead log.
  virtual absl::StatusOr<int64_t> Bytes() = 0;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_STORE_H_
