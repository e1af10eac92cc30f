// The exit codes of gprof-dump, the same for every verb, and the one line that goes with a failure.
#ifndef TOOLS_GPROF_DUMP_EXIT_CODE_H_
#define TOOLS_GPROF_DUMP_EXIT_CODE_H_

#include <string_view>

#include "absl/status/status.h"

namespace muster::gprof_dump {

enum ExitCode : int {
  kClean = 0,     // done; for `check`: nothing found
  kFindings = 1,  // `check` found something
  kUsage = 2,     // a wrong option, an input that is no dump, or an output that cannot be written
  kUnreachable = 3,  // no such process, socket or file, or nothing that answers there
};

// What a failure stands for.
ExitCode ExitCodeOf(const absl::Status& status);

// Fail prints `status` as one line on stderr and returns the exit code that it stands for.
ExitCode Fail(const absl::Status& status);

// FailUsage prints a mistake in the command line as one line, with where to read on.
ExitCode FailUsage(std::string_view message);

// Warn prints one line on stderr and lets the verb go on.
void Warn(std::string_view message);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_EXIT_CODE_H_
