// Capture: where snapshots come from.
#ifndef MUSTER_INSPECTOR_CAPTURE_H_
#define MUSTER_INSPECTOR_CAPTURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/inspector/groups.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

struct CaptureOptions {
  bool include_system = false;  // also Muster's own goroutines
  bool symbolize = true;
  // First search the process's memory for goroutines that nothing can ever wake, and flag them
  // "(leaked)". All threads stand still for a moment: see muster/leaks.h. When the search fails, a
  // note says why.
  bool prove_leaks = false;
};

// CaptureSelf takes a snapshot of the calling process. Thread-safe.
Snapshot CaptureSelf(const CaptureOptions& options = {});

// CaptureSelfGrouped takes one in which entries stand for many goroutines that look alike, as in a
// dump that Go has grouped: without their ids, parents, objects and threads. It takes memory for
// the groups only. Of the waits the shortest, the median and the longest are kept. Thread-safe.
Snapshot CaptureSelfGrouped(const CaptureOptions& options = {});

// FromRecord converts the runtime's raw record; not symbolised.
Snapshot FromRecord(const record::Snapshot& raw);
Snapshot FromRecord(const record::GroupedSnapshot& raw);

// One Muster process that answers on a socket of this machine.
struct Target {
  int pid = 0;
  std::string socket;   // path
  std::string command;  // name of the program
};
// The processes whose default sockets are in this user's directory; stale sockets are left out.
std::vector<Target> ListTargets();

// The directory of this user's default sockets: $XDG_RUNTIME_DIR/muster, else /tmp/muster-UID.
std::string SocketDirectory();

// Fetch reads a snapshot from TARGET: a pid, a socket's path, unix:PATH, an http://host:port URL
// (of a Muster or a Go process), a dump file, or "-" for standard input. NotFound and Unavailable
// mean that nothing answers; InvalidArgument that what came is no dump.
//
// With `prove_leaks` a process is asked to search its memory as well, as in CaptureOptions; a Go
// process for its goroutineleak profile. Files are read as they are.
struct FetchOptions {
  bool prove_leaks = false;
};
absl::StatusOr<Snapshot> Fetch(std::string_view target, const FetchOptions& options = {});

// FetchGroups is Fetch for the grouped view: files and standard input are grouped while they are
// read, in memory that hardly grows with them (see groups.h).
absl::StatusOr<GroupedDump> FetchGroups(std::string_view target, const GroupOptions& options = {});

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_H_
