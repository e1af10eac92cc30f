#include <utility>

#include "inspector/analysis/group_gatherer.h"
#include "inspector/formats/pieces.h"
#include "muster/inspector/groups.h"

namespace muster::inspector {

absl::StatusOr<GroupedDump> ReadGroups(const ReadMore& more, std::string_view source,
                                       const GroupOptions& options) {
  analysis::GroupGatherer gatherer;
  const formats::PieceSink sink = {
      .prepare = [&](Snapshot* part) { ApplyFilter(options.filter, part); },
      .add = [&](const Snapshot& part) { gatherer.Add(part); }};
  const absl::Status status =
      formats::ReadPieces(more, source, options.piece, sink, &gatherer.snapshot());
  if (!status.ok()) return status;
  GroupedDump dump;
  dump.groups = gatherer.Finish();
  dump.snapshot = std::move(gatherer.snapshot());
  return dump;
}

}  // namespace muster::inspector
