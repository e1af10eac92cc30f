// Runner: one run of the program under test, in a process group of its own.
#ifndef TOOLS_MUSTER_STRESS_RUNNER_H_
#define TOOLS_MUSTER_STRESS_RUNNER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace muster::stress {

struct RunSpec {
  std::vector<std::string> command;  // the program's path and its arguments
  std::vector<std::pair<std::string, std::string>> environment;  // on top of our own
  std::chrono::milliseconds timeout{0};                          // 0: none
  // A run that has timed out is sent SIGQUIT first, and has so long to print its goroutines.
  std::chrono::milliseconds patience{0};
};

struct RunResult {
  std::string start_error;     // why it could not be started; "" when it ran
  int exit_code = -1;          // -1: ended by a signal, or killed
  int signal = 0;              // 0: it exited
  bool timed_out = false;      // killed by us, with everything it had started, or made to quit
  bool interrupted = false;    // killed by us since `stop` was set
  std::string output;          // standard output and error together, in order
  size_t output_left_out = 0;  // bytes cut from the middle of `output`
};

// The most that is kept of one run's output: its beginning and its end.
inline constexpr size_t kMaxOutput = size_t{8} << 20;

// RunOnce runs the program to its end, or until `stop` is set. Standard input is empty. Processes
// which the program leaves in its group are killed. Thread-safe.
RunResult RunOnce(const RunSpec& spec, const std::atomic<bool>& stop);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_RUNNER_H_
