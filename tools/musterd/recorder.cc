#include "tools/musterd/recorder.h"

#include <cstdio>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"

namespace muster::musterd {

void Recorder::OnPoll(const PollResult& result) {
  fleet_->OnPoll(result);
  Note(store_->Record(result));
}

void Recorder::OnCycle(const std::vector<Process>& running) {
  const absl::Time now = absl::Now();
  Note(store_->MarkGone(running, now));
  Note(store_->Prune(now));
  if (const absl::StatusOr<int64_t> bytes = store_->Bytes(); bytes.ok()) {
    fleet_->OnStore(true, *bytes);
  }
  // Last, so that who sees the cycle counted finds its results in the history.
  fleet_->OnCycle(running, now);
}

void Recorder::Note(const absl::Status& status) {
  if (status.ok()) return;
  fleet_->OnStore(false, 0);
  std::string error(status.message());
  if (error == last_error_) return;
  std::fprintf(stderr, "musterd: cannot write the history: %s; polling goes on without it\n",
               error.c_str());
  last_error_ = std::move(error);
}

}  // namespace muster::musterd
