// The command line of gprof-dump as values. CLI11 is kept to the one file that implements this.
#ifndef TOOLS_GPROF_DUMP_COMMAND_LINE_H_
#define TOOLS_GPROF_DUMP_COMMAND_LINE_H_

#include <string>
#include <variant>
#include <vector>

#include "tools/gprof-dump/check.h"
#include "tools/gprof-dump/dump.h"
#include "tools/gprof-dump/ps.h"

namespace muster::gprof_dump {

// Finished means that there is no verb to run: --help or --version was printed, or a mistake was
// reported.
struct Finished {
  int exit_code = 0;
};

using Command = std::variant<Finished, PsOptions, DumpOptions, CheckOptions>;

// ParseCommandLine reads `arguments` (without the program's name). Long options may be given with
// one dash, as Go's tools take them.
Command ParseCommandLine(std::vector<std::string> arguments);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_COMMAND_LINE_H_
