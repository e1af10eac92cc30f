#include "tools/gprof-dump/dump.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/report.h"
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

void WarnOfCut(const Snapshot& snapshot) {
  if (!snapshot.truncated) return;
  Warn(absl::StrCat(snapshot.source, " ends in the middle; this is what could be read of it"));
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
int RunGrouped(const DumpOptions& options) {
  const absl::StatusOr<inspector::GroupedDump> dump = inspector::FetchGroups(options.target);
  if (!dump.ok()) return Fail(dump.status());
  WarnOfCut(dump->snapshot);
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open(options.output);
  if (!output.ok()) return Fail(output.status());
  inspector::WriteGrouped(
      *dump, (*output)->stream(),
      {.color = (*output)->UseColor(options.color), .all_frames = options.all_frames});
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return kClean;
}

}  // namespace

int RunDump(const DumpOptions& options) {
  if (!options.format) return RunGrouped(options);
  const absl::StatusOr<Snapshot> snapshot = inspector::Fetch(options.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  WarnOfCut(*snapshot);
  const absl::StatusOr<std::unique_ptr<Output>> output = Output::Open(options.output);
  if (!output.ok()) return Fail(output.status());
  if (IsBinary(*options.format) && (*output)->IsTerminal()) {
    return Fail(RefuseTerminal(*options.format));
  }
  std::ostream& out = (*output)->stream();
  inspector::Write(*snapshot, *options.format, out, {.all_frames = options.all_frames});
  if (const absl::Status done = (*output)->Finish(); !done.ok()) return Fail(done);
  return kClean;
}

}  // namespace muster::gprof_dump
