#include "tools/gprof-dump/view.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace muster::gprof_dump {

void WarnOfCut(const inspector::Snapshot& snapshot) {
  if (!snapshot.truncated) return;
  Warn(absl::StrCat(snapshot.source, " ends in the middle; this is what could be read of it"));
}

int Show(const ViewOptions& options,
         const std::function<void(std::ostream&, const inspector::ReportOptions&)>& write,
         ExitCode clean) {
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open(options.output);
  if (!output.ok()) return Fail(output.status());
  write((*output)->stream(),
        {.color = (*output)->UseColor(options.color), .all_frames = options.all_frames});
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return clean;
}

}  // namespace muster::gprof_dump
