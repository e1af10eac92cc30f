// `gprof-dump TARGET`: a snapshot for people, for Go's tools, or for a program.
#ifndef TOOLS_GPROF_DUMP_DUMP_H_
#define TOOLS_GPROF_DUMP_DUMP_H_

#include <map>
#include <optional>
#include <string>

#include "muster/inspector/formats.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {

struct DumpOptions {
  ViewOptions view;
  std::optional<inspector::Format> format;  // none: the grouped view
};

// The names that --format takes.
const std::map<std::string, std::optional<inspector::Format>>& DumpFormats();

// RunDump reads the target and writes it. The output is opened after the target was read, so that
// a target which does not answer leaves an existing file alone.
int RunDump(const DumpOptions& options);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_DUMP_H_
