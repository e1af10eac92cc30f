// `gprof-dump watch`, `record` and `replay`: many looks at one target.
#ifndef TOOLS_GPROF_DUMP_WATCH_H_
#define TOOLS_GPROF_DUMP_WATCH_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {

struct Sampling {
  absl::Duration every = absl::Seconds(10);
  absl::Duration length = absl::Minutes(5);
  bool quiet = false;
};

struct WatchVerb {
  ViewOptions view;
  Sampling sampling;
};

struct RecordVerb {
  std::string target;
  Sampling sampling;
  std::string directory;
};

struct ReplayVerb {
  ViewOptions view;               // `target` is the directory, or the first of several dumps
  std::vector<std::string> more;  // the others
};

// RunWatch samples the target until the time is over, an interrupt comes (the verdict is given on
// what there is) or the target goes away (which is said). kFindings when something grows.
int RunWatch(const WatchVerb& verb);

// RunRecord saves each sample, whole, as a file of its own that every verb can read. The directory
// must not have a recording yet.
int RunRecord(const RecordVerb& verb);

// RunReplay judges a recording, or a row of dumps in the order in which they were taken, as
// RunWatch does what it sees. A dump that does not say when it was taken was taken when its file
// was written.
int RunReplay(const ReplayVerb& verb);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_WATCH_H_
