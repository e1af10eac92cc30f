// `gprof-dump check TARGET` and `gprof-dump leaks TARGET`: the findings about a snapshot, and an
// exit code for scripts.
#ifndef TOOLS_GPROF_DUMP_CHECK_H_
#define TOOLS_GPROF_DUMP_CHECK_H_

#include <string>
#include <utility>
#include <vector>

#include "muster/inspector/model.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {

struct CheckOptions {
  ViewOptions view;  // the filter chooses among findings: those about a goroutine that it keeps
  bool leaks_only = false;  // `gprof-dump leaks`: nothing about deadlocks of locks
  bool prove = false;       // have the process search its memory
  std::vector<std::pair<std::string, std::string>> ended_labels;
  inspector::Certainty min_certainty = inspector::Certainty::kSuspected;
};

// FindAll runs the detectors once for each ended label (once when there is none) and returns the
// distinct findings of at least the wanted certainty, proven first.
std::vector<inspector::Finding> FindAll(const inspector::Snapshot& snapshot,
                                        const CheckOptions& options);

// RunCheck returns kClean or kFindings when the target could be read.
int RunCheck(const CheckOptions& options);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_CHECK_H_
