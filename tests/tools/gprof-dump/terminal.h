// A program on a terminal of its own.
#ifndef TESTS_TOOLS_GPROF_DUMP_TERMINAL_H_
#define TESTS_TOOLS_GPROF_DUMP_TERMINAL_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace muster::testing {

// Needs HaveTerminals(). The program is killed with it, also when the test dies.
class TerminalSession {
 public:
  explicit TerminalSession(const std::vector<std::string>& arguments);
  ~TerminalSession();
  TerminalSession(const TerminalSession&) = delete;
  TerminalSession& operator=(const TerminalSession&) = delete;

  void Type(const std::string& keys) const;
  void Signal(int signal) const;
  // Reads on until the program has written `text` since the last time that this found something;
  // false when it ended before.
  bool WaitFor(const std::string& text);
  // Waits for its end. The exit code, or minus the signal.
  int Wait();

  const std::string& output() const { return output_; }
  // Whether the terminal gives lines and echoes, as it did before the program began.
  bool IsCooked() const;

 private:
  bool Read();

  pid_t pid_ = -1;
  int terminal_ = -1;  // our side
  int other_ = -1;     // the program's, kept open so that its modes can be asked for
  bool ended_ = false;
  std::string output_;
  size_t found_ = 0;
};

}  // namespace muster::testing

#endif  // TESTS_TOOLS_GPROF_DUMP_TERMINAL_H_
