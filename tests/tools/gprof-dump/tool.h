// Runs the gprof-dump that was just built.
#ifndef TESTS_TOOLS_GPROF_DUMP_TOOL_H_
#define TESTS_TOOLS_GPROF_DUMP_TOOL_H_

#include <string>
#include <vector>

#include "tests/tools/process.h"

namespace muster::testing {

inline RunResult GprofDump(std::vector<std::string> arguments, const RunOptions& options = {}) {
  arguments.insert(arguments.begin(), GPROF_DUMP);
  return RunProcess(arguments, options);
}

}  // namespace muster::testing

#endif  // TESTS_TOOLS_GPROF_DUMP_TOOL_H_
