// Views: one snapshot, or several, shown in ways besides the grouped one of report.h. Each has a
// twin for programs. None of them fails on content; all stream to `out` and keep nothing.
#ifndef MUSTER_INSPECTOR_VIEWS_H_
#define MUSTER_INSPECTOR_VIEWS_H_

#include <cstdint>
#include <iosfwd>

#include "muster/inspector/compare.h"
#include "muster/inspector/model.h"
#include "muster/inspector/report.h"
#include "muster/inspector/tree.h"
#include "muster/inspector/wait_for.h"

namespace muster::inspector {

// The groups of the grouped view, for a program.
void WriteGroupsJson(const GroupedDump& dump, std::ostream& out);

// One line a goroutine or thread.
enum class ListOrder { kId, kState, kWait, kAge };  // the last two: the longest first
struct ListOptions {
  ListOrder order = ListOrder::kId;
  size_t limit = 0;  // lines; 0: all
};
void WriteList(const Snapshot& snapshot, std::ostream& out, const ReportOptions& = {},
               const ListOptions& = {});
void WriteListJson(const Snapshot& snapshot, std::ostream& out, const ListOptions& = {});

// Who created whom, indented.
void WriteTree(const Snapshot& snapshot, const CreationTree& tree, std::ostream& out,
               const ReportOptions& = {});
void WriteTreeJson(const Snapshot& snapshot, const CreationTree& tree, std::ostream& out);

// Who waits for what, and who has it: as text, for Graphviz's dot, as a picture, for a program.
void WriteWaitFor(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out,
                  const ReportOptions& = {});
void WriteWaitForDot(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out);
void WriteWaitForSvg(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out);
void WriteWaitForJson(const Snapshot& snapshot, const WaitFor& graph, std::ostream& out);

// Where goroutines are, as a flame graph that hangs from its root, the widths of boxes being
// numbers of goroutines. A page or a picture refers to nothing outside of it. Folded is one line a
// stack: "main;serve;[chan receive] 3".
enum class FlameForm { kHtml, kSvg, kFolded, kJson };
struct FlameOptions {
  bool by_creation = false;  // the stacks that created them instead of those they are at
  bool all_frames = false;
};
void WriteFlame(const Snapshot& snapshot, FlameForm form, std::ostream& out,
                const FlameOptions& = {});

// What there is more of, and less of.
void WriteComparison(const GroupedDump& before, const GroupedDump& after,
                     const Comparison& comparison, std::ostream& out, const ReportOptions& = {});
void WriteComparisonJson(const GroupedDump& before, const GroupedDump& after,
                         const Comparison& comparison, std::ostream& out);

// What grows.
void WriteGrowth(const Series& series, const std::vector<Series::Row>& rows, std::ostream& out,
                 const ReportOptions& = {});
void WriteGrowthJson(const Series& series, const std::vector<Series::Row>& rows, std::ostream& out);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_VIEWS_H_
