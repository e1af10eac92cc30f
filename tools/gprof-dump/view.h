// What all verbs that show goroutines take, and how they show them.
#ifndef TOOLS_GPROF_DUMP_VIEW_H_
#define TOOLS_GPROF_DUMP_VIEW_H_

#include <functional>
#include <ostream>
#include <string>

#include "muster/inspector/filter.h"
#include "muster/inspector/model.h"
#include "muster/inspector/report.h"
#include "tools/gprof-dump/exit_code.h"
#include "tools/gprof-dump/output.h"

namespace muster::gprof_dump {

struct ViewOptions {
  std::string target = {};
  inspector::Filter filter = {};
  std::string output = {};  // "": standard output
  bool json = false;
  bool all_frames = false;
  Color color = Color::kAuto;
};

// WarnOfCut says on stderr that the end of what was read is missing, if it is: for forms that do
// not say so themselves.
void WarnOfCut(const inspector::Snapshot& snapshot);

// Show opens the output, has `write` write to it and puts the file in its place. `clean` is the
// exit code when that succeeds.
int Show(const ViewOptions& options,
         const std::function<void(std::ostream&, const inspector::ReportOptions&)>& write,
         ExitCode clean = kClean);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_VIEW_H_
