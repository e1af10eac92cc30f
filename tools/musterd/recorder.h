// Recorder: puts what the poller sees into the history and the present state.
#ifndef TOOLS_MUSTERD_RECORDER_H_
#define TOOLS_MUSTERD_RECORDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/musterd/fleet.h"
#include "tools/musterd/poller.h"
#include "tools/musterd/store.h"

namespace muster::musterd {

// A history that cannot be written is said on stderr once for each new reason and counted in
// musterd_store_errors_total; polling and /metrics go on. Used on the poller's thread only.
class Recorder : public PollSink {
 public:
  Recorder(Store* store, Fleet* fleet) : store_(store), fleet_(fleet) {}

  void OnPoll(const PollResult& result) override;
  void OnCycle(const std::vector<Process>& running) override;

 private:
  void Note(const absl::Status& status);

  Store* const store_;
  Fleet* const fleet_;
  std::string last_error_;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_RECORDER_H_
