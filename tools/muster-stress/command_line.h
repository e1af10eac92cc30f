// The command line of muster-stress.
#ifndef TOOLS_MUSTER_STRESS_COMMAND_LINE_H_
#define TOOLS_MUSTER_STRESS_COMMAND_LINE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace muster::stress {

enum ExitCode : int { kClean = 0, kFindings = 1, kUsage = 2, kCouldNotRun = 3 };

struct Options {
  uint64_t runs = 100;     // 0: as many as there are, or as the time allows
  double for_seconds = 0;  // 0: no limit
  unsigned jobs = 1;
  double timeout_seconds = 120;  // 0: none
  uint64_t seed = 0;             // 0: draw one
  std::string strategy;          // MUSTER_SCHEDULE; "": none, only seeds
  bool minimize = true;
  bool json = false;
  std::string junit_file;  // "": none
  std::string sarif_file;
  std::string state_file;
  std::vector<std::string> command;
};

// Nothing to run: help was asked for (code 0), or there was a mistake (kUsage, already printed).
struct Finished {
  int code = 0;
};

std::variant<Options, Finished> ParseCommandLine(int argc, const char* const* argv);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_COMMAND_LINE_H_
