// What is made of the table of options: completion scripts and the manual page. Pure functions of
// the table, so that they cannot tell of other options than there are.
#ifndef TOOLS_GPROF_DUMP_DESCRIBE_H_
#define TOOLS_GPROF_DUMP_DESCRIBE_H_

#include <string>
#include <vector>

#include "tools/gprof-dump/command_line.h"

namespace muster::gprof_dump {

// Completes verbs, options, the words that they take, and, for a target, pids and files.
std::string BashCompletion(const std::vector<VerbText>& verbs);
std::string ZshCompletion(const std::vector<VerbText>& verbs);

// The manual page in the language of man(7).
std::string ManPage(const std::vector<VerbText>& verbs, const std::string& version);

// Prints them. An unknown shell is a mistake in the command line.
int RunCompletion(const CompletionVerb& verb);
int RunMan(const ManVerb& verb);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_DESCRIBE_H_
