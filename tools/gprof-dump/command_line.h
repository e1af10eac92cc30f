// The command line of gprof-dump as values. CLI11 is kept to the one file that implements this.
#ifndef TOOLS_GPROF_DUMP_COMMAND_LINE_H_
#define TOOLS_GPROF_DUMP_COMMAND_LINE_H_

#include <string>
#include <variant>
#include <vector>

#include "tools/gprof-dump/check.h"
#include "tools/gprof-dump/dump.h"
#include "tools/gprof-dump/ps.h"
#include "tools/gprof-dump/snapshot_verbs.h"
#include "tools/gprof-dump/top.h"
#include "tools/gprof-dump/watch.h"

namespace muster::gprof_dump {

// Finished means that there is no verb to run: --help or --version was printed, or a mistake was
// reported.
struct Finished {
  int exit_code = 0;
};

// `gprof-dump completion SHELL` and `gprof-dump man`: what is made of the table of options.
struct CompletionVerb {
  std::string shell;
};
struct ManVerb {};

using Command = std::variant<Finished, PsOptions, DumpOptions, CheckOptions, ListVerb, TreeVerb,
                             GraphVerb, FlameVerb, DiffVerb, WatchVerb, RecordVerb, ReplayVerb,
                             TopVerb, CompletionVerb, ManVerb>;

// ParseCommandLine reads `arguments` (without the program's name). Long options may be given with
// one dash, as Go's tools take them.
Command ParseCommandLine(std::vector<std::string> arguments);

// The table of options, for whoever describes them: the same that ParseCommandLine goes by.
struct OptionText {
  std::vector<std::string> names;    // "-o", "--output"
  std::string type;                  // "FILE", "auto|always|never"; "" for a flag
  std::vector<std::string> choices;  // the words that it takes, if these are few
  std::string help;
};
struct VerbText {
  std::string name;  // "" without a verb
  std::string help;
  std::vector<std::string> operands;  // "TARGET"
  std::vector<OptionText> options;
};
// The first has no name.
std::vector<VerbText> DescribeVerbs();

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_COMMAND_LINE_H_
