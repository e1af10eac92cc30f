// Processes for tests: run a program to its end, or keep one running beside the test.
#ifndef TESTS_TOOLS_PROCESS_H_
#define TESTS_TOOLS_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster::testing {

struct RunOptions {
  std::string input = {};                       // what the program reads
  std::map<std::string, std::string> env = {};  // set besides the test's own environment
  uid_t uid = 0;                                // not 0: run as this user (the test must be root)
  bool close_output = false;                    // nobody reads standard output
  bool terminal = false;                        // standard output is a terminal
};

struct RunResult {
  int exit_code = -1;  // -1 when a signal ended it
  int signal = 0;
  std::string out;
  std::string err;
};

// RunProcess starts `arguments[0]` (looked up in PATH) and waits for its end. A program that cannot
// be started has exit code 127.
RunResult RunProcess(const std::vector<std::string>& arguments, const RunOptions& options = {});

// True when `program` is in PATH.
bool InPath(const std::string& program);

// Background is a process that runs beside the test and is killed with it, also when the test dies.
class Background {
 public:
  explicit Background(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& env = {});
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  int pid() const { return pid_; }

  // The next line that it prints on standard output or standard error, without the line end; none
  // when it has ended. Blocks until there is one.
  std::optional<std::string> ReadLine();
  // Reads lines until one contains `text`, and returns it; "" when it ended before.
  std::string ReadUntil(const std::string& text);

  void Signal(int signal) const;
  // Waits for its end. The exit code, or minus the signal.
  int Wait();

 private:
  int pid_ = -1;
  int output_ = -1;
  bool ended_ = false;
  int exit_ = 0;
  std::string pending_;
};

// A directory that is removed with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // Writes a file and returns its path.
  std::string Write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

// Whether RunOptions::terminal can be had: a bare chroot has no /dev/pts.
bool HaveTerminals();

}  // namespace muster::testing

#endif  // TESTS_TOOLS_PROCESS_H_
