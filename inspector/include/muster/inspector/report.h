// Report: groups and findings as text for people.
#ifndef MUSTER_INSPECTOR_REPORT_H_
#define MUSTER_INSPECTOR_REPORT_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/groups.h"
#include "muster/inspector/model.h"

namespace muster::inspector {

struct ReportOptions {
  bool color = false;
  bool all_frames = false;
};

// The grouped view: totals ("N of M goroutines"), then one block a group — count, status, wait
// min/median/max, ids, stack, who created them and where.
void WriteGrouped(const Snapshot& snapshot, std::ostream& out, const ReportOptions& = {});

// The same of a dump that was grouped while it was read.
void WriteGrouped(const GroupedDump& dump, std::ostream& out, const ReportOptions& = {});

// The findings with their evidence: sentence, goroutines with stack and creation stack, objects,
// who must act. Prints "no findings" and what was looked at when there are none.
void WriteFindings(const Snapshot& snapshot, const std::vector<Finding>& findings,
                   std::ostream& out, const ReportOptions& = {});

// The findings as JSON, one object with `findings` and the counts.
void WriteFindingsJson(const Snapshot& snapshot, const std::vector<Finding>& findings,
                       std::ostream& out);

// 1234567 ns as "1.23ms": a duration for people.
std::string FormatDuration(int64_t ns);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_REPORT_H_
