// Runs the muster-stress that was built, as a user would.
#ifndef TESTS_TOOLS_MUSTER_STRESS_STRESS_H_
#define TESTS_TOOLS_MUSTER_STRESS_STRESS_H_

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "tools/muster-stress/runner.h"

namespace muster::stress {

inline RunResult Stress(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), MUSTER_STRESS_BIN);
  const std::atomic<bool> go_on{false};
  return RunOnce({.command = std::move(arguments), .environment = {}, .timeout = {}}, go_on);
}

}  // namespace muster::stress

#endif  // TESTS_TOOLS_MUSTER_STRESS_STRESS_H_
