// Groups of a dump that is too large for memory: it is read, grouped and forgotten piece by piece.
#ifndef MUSTER_INSPECTOR_GROUPS_H_
#define MUSTER_INSPECTOR_GROUPS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/inspector/analysis.h"
#include "muster/inspector/filter.h"
#include "muster/inspector/formats.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

// What the grouped view shows. `snapshot` has the stacks that the groups refer to, the threads, the
// totals and the notes, and none of the goroutines that are in the groups.
struct GroupedDump {
  Snapshot snapshot;
  std::vector<Group> groups;  // as GroupGoroutines orders them
};

struct GroupOptions {
  size_t piece = kPieceSize;  // bytes that are read before they are grouped
  Filter filter = {};         // which goroutines to group
};

// ReadGroups groups a Go text dump (debug=2 and its like) in memory that does not grow with the
// number of goroutines, but for eight bytes each: their ids. An input of one piece, and one of any
// other form, is read whole, as Read does. Errors are those of Read and of `more`. Blocks while it
// reads; uses threads of its own.
absl::StatusOr<GroupedDump> ReadGroups(const ReadMore& more, std::string_view source,
                                       const GroupOptions& options = {});

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_GROUPS_H_
