// The clients that these tests need, and what to do when one is not installed.
#ifndef TESTS_INTEROP_CLIENTS_H_
#define TESTS_INTEROP_CLIENTS_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/tools/process.h"

// Skips the test, and says so where it is seen, when `program` is not installed.
#define MUSTER_NEEDS(program)                                                         \
  if (!::muster::testing::InPath(program))                                            \
  GTEST_SKIP() << "NOT TESTED: " << (program) << " is not installed (Debian package " \
               << (std::string(program) == "go" ? "golang-go" : program)              \
               << "), so nothing is known about how it reads what Muster writes"

namespace muster::testing {

// A live Muster program whose socket is in a directory of its own.
class LiveProgram {
 public:
  explicit LiveProgram(const std::string& mode)
      : process_({LIVE_PROGRAM, mode},
                 {{"XDG_RUNTIME_DIR", directory_.path()}, {"MUSTER_ENDPOINT", ""}}) {
    EXPECT_NE(process_.ReadUntil("ready"), "");
  }

  std::string pid() const { return std::to_string(process_.pid()); }
  std::string socket() const { return directory_ / ("muster/" + pid() + ".sock"); }
  const TemporaryDirectory& directory() const { return directory_; }

  RunResult GprofDump(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), GPROF_DUMP);
    RunOptions options;
    options.env = {{"XDG_RUNTIME_DIR", directory_.path()}};
    return RunProcess(arguments, options);
  }

 private:
  const TemporaryDirectory directory_;
  Background process_;
};

// `go ARGUMENTS` in the folder of the Go program, without network and with everything that it
// writes in the build directory.
inline RunResult Go(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"env", "-C", GO_SOURCE, "go"});
  RunOptions options;
  options.env = {{"GOCACHE", GO_BUILD "/cache"}, {"GOFLAGS", "-mod=mod"},    {"GOPROXY", "off"},
                 {"CGO_ENABLED", "0"},           {"PPROF_TMPDIR", GO_BUILD}, {"HOME", GO_BUILD}};
  return RunProcess(arguments, options);
}

}  // namespace muster::testing

#endif  // TESTS_INTEROP_CLIENTS_H_
