// A recording: a directory of snapshots in the wire form, numbered in the order in which they were
// taken, so that every verb can read each of them.
#ifndef TOOLS_GPROF_DUMP_RECORDING_H_
#define TOOLS_GPROF_DUMP_RECORDING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "muster/inspector/model.h"

namespace muster::gprof_dump {

// PrepareRecording makes the directory, or finds that it has no snapshots yet.
absl::Status PrepareRecording(const std::string& directory);

// SaveSnapshot writes the snapshot of that number, counted from 1, whole or not at all.
absl::Status SaveSnapshot(const std::string& directory, size_t number,
                          const inspector::Snapshot& snapshot);

// The paths of its snapshots in order; never none: NotFound, or InvalidArgument for a directory
// that is no recording.
absl::StatusOr<std::vector<std::string>> ListRecording(const std::string& directory);

// True for a directory: what `record` writes, and no dump.
bool IsRecording(const std::string& target);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_RECORDING_H_
