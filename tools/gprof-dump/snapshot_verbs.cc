#include "tools/gprof-dump/snapshot_verbs.h"

#include <ostream>

#include "absl/status/statusor.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/filter.h"

namespace muster::gprof_dump {
namespace {

using inspector::GroupedDump;
using inspector::ReportOptions;
using inspector::Snapshot;

}  // namespace

int RunList(const ListVerb& verb) {
  absl::StatusOr<Snapshot> snapshot = inspector::Fetch(verb.view.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  ApplyFilter(verb.view.filter, &*snapshot);
  return Show(verb.view, [&](std::ostream& out, const ReportOptions& options) {
    if (verb.view.json) {
      WriteListJson(*snapshot, out, verb.list);
    } else {
      WriteList(*snapshot, out, options, verb.list);
    }
  });
}

int RunTree(const TreeVerb& verb) {
  const absl::StatusOr<Snapshot> snapshot = inspector::Fetch(verb.view.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  const inspector::CreationTree tree = BuildCreationTree(*snapshot, verb.view.filter);
  return Show(verb.view, [&](std::ostream& out, const ReportOptions& options) {
    if (verb.view.json) {
      WriteTreeJson(*snapshot, tree, out);
    } else {
      WriteTree(*snapshot, tree, out, options);
    }
  });
}

int RunGraph(const GraphVerb& verb) {
  const absl::StatusOr<Snapshot> snapshot = inspector::Fetch(verb.view.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  if (!verb.view.json && verb.form != GraphVerb::Form::kText) WarnOfCut(*snapshot);
  const inspector::WaitFor graph = BuildWaitFor(*snapshot, verb.view.filter);
  return Show(verb.view, [&](std::ostream& out, const ReportOptions& options) {
    if (verb.view.json) {
      WriteWaitForJson(*snapshot, graph, out);
    } else if (verb.form == GraphVerb::Form::kDot) {
      WriteWaitForDot(*snapshot, graph, out);
    } else if (verb.form == GraphVerb::Form::kSvg) {
      WriteWaitForSvg(*snapshot, graph, out);
    } else {
      WriteWaitFor(*snapshot, graph, out, options);
    }
  });
}

int RunFlame(const FlameVerb& verb) {
  absl::StatusOr<Snapshot> snapshot = inspector::Fetch(verb.view.target);
  if (!snapshot.ok()) return Fail(snapshot.status());
  WarnOfCut(*snapshot);
  ApplyFilter(verb.view.filter, &*snapshot);
  return Show(verb.view, [&](std::ostream& out, const ReportOptions& options) {
    WriteFlame(*snapshot, verb.view.json ? inspector::FlameForm::kJson : verb.form, out,
               {.by_creation = verb.by_creation, .all_frames = options.all_frames});
  });
}

int RunDiff(const DiffVerb& verb) {
  if (verb.before == "-" && verb.view.target == "-") {
    return FailUsage("BEFORE and AFTER are both standard input, which can be read once only");
  }
  const inspector::GroupOptions options{.filter = verb.view.filter};
  const absl::StatusOr<GroupedDump> before = inspector::FetchGroups(verb.before, options);
  if (!before.ok()) return Fail(before.status());
  const absl::StatusOr<GroupedDump> after = inspector::FetchGroups(verb.view.target, options);
  if (!after.ok()) return Fail(after.status());
  WarnOfCut(before->snapshot);
  if (verb.view.json) WarnOfCut(after->snapshot);
  const inspector::Comparison comparison = CompareDumps(*before, *after);
  return Show(verb.view, [&](std::ostream& out, const ReportOptions& report) {
    if (verb.view.json) {
      WriteComparisonJson(*before, *after, comparison, out);
    } else {
      WriteComparison(*before, *after, comparison, out, report);
    }
  });
}

}  // namespace muster::gprof_dump
