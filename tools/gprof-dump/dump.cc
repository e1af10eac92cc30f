#include "tools/gprof-dump/dump.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/filter.h"
#include "muster/inspector/report.h"
#include "muster/inspector/views.h"
#include "tools/gprof-dump/exit_code.h"

namespace muster::gprof_dump {
namespace {

using inspector::Format;
using inspector::Snapshot;

bool IsBinary(Format format) { return format == Format::kProto || format == Format::kWire; }

// What to do with a binary form instead of showing it.
absl::Status RefuseTerminal(Format format) {
  const std::string name = inspector::ToString(format);
  return absl::InvalidArgumentError(absl::StrCat(
      name, " is binary and would garble the terminal; add -o FILE or redirect it (",
      format == Format::kProto ? "then: go tool pprof -top FILE" : "then: gprof-dump FILE", ")"));
}

}  // namespace

const std::map<std::string, std::optional<Format>>& DumpFormats() {
  static const auto* const kFormats = [] {
    auto* formats = new std::map<std::string, std::optional<Format>>{{"grouped", std::nullopt}};
    for (const Format format :
         {Format::kText1, Format::kText2, Format::kProto, Format::kJson, Format::kWire}) {
      formats->emplace(inspector::ToString(format), format);
    }
    return formats;
  }();
  return *kFormats;
}

namespace {

// The grouped view has a way of its own, since it need not keep what it reads.
int RunGrouped(const ViewOptions& view) {
  const absl::StatusOr<inspector::GroupedDump> dump =
      inspector::FetchGroups(view.target, {.filter = view.filter});
  if (!dump.ok()) return Fail(dump.status());
  return Show(view, [&](std::ostream& out, const inspector::ReportOptions& options) {
    if (view.json) {
      WriteGroupsJson(*dump, out);
    } else {
      WriteGrouped(*dump, out, options);
    }
  });
}

}  // namespace

int RunDump(const DumpOptions& options) {
  const ViewOptions& view = options.view;
  if (!options.format) return RunGrouped(view);
  absl::StatusOr<Snapshot> snapshot = inspector::Fetch(view.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  if (*options.format != Format::kJson) WarnOfCut(*snapshot);
  ApplyFilter(view.filter, &*snapshot);
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open(view.output);
  if (!output.ok()) return Fail(output.status());
  if (IsBinary(*options.format) && (*output)->IsTerminal()) {
    return Fail(RefuseTerminal(*options.format));
  }
  std::ostream& out = (*output)->stream();
  inspector::Write(*snapshot, *options.format, out, {.all_frames = view.all_frames});
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return kClean;
}

}  // namespace muster::gprof_dump
