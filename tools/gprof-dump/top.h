// `gprof-dump top TARGET`: the groups live, in a terminal.
#ifndef TOOLS_GPROF_DUMP_TOP_H_
#define TOOLS_GPROF_DUMP_TOP_H_

#include <string>

#include "absl/time/time.h"
#include "muster/inspector/filter.h"
#include "tools/gprof-dump/output.h"

namespace muster::gprof_dump {

struct TopVerb {
  std::string target;  // also a directory that `record` has written
  inspector::Filter filter;
  absl::Duration every = absl::Seconds(2);
  bool once = false;
  bool json = false;
  Color color = Color::kAuto;
};

// RunTop shows the groups until q is typed. Standard input and output must be a terminal, which is
// left as it was, also when a signal ends it. A target that stops answering is said on the screen
// and asked again. A recording is gone through by keys.
int RunTop(const TopVerb& verb);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_TOP_H_
