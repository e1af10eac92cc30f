// Terminal: the whole screen of a terminal, keys one by one. Linux only.
#ifndef TOOLS_GPROF_DUMP_TERMINAL_H_
#define TOOLS_GPROF_DUMP_TERMINAL_H_

#include <sys/types.h>
#include <termios.h>

#include <string>
#include <vector>

#include "tools/gprof-dump/top_screen.h"

namespace muster::gprof_dump {

// While it exists, standard input gives keys at once and standard output shows a screen of its own;
// its end brings back what was there. SIGINT, SIGTERM, SIGHUP and SIGWINCH are blocked for the
// calling thread and come out of WaitFor, so that the end is never missed. Not thread-safe.
class Terminal {
 public:
  // Both standard input and output are a terminal.
  static bool IsThere();

  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  TopScreen::Size size() const;
  void Draw(const std::vector<std::string>& lines);

  enum class Event { kKeys, kTime, kOther, kResized, kEnd };
  // Waits for keys (which `keys` then has), for `other_fd` to be readable, for a new size of the
  // screen, for the end (a signal, or the terminal is gone), at most until `timeout_ms` is over.
  Event WaitFor(int timeout_ms, int other_fd, std::string* keys);

 private:
  void Write(const std::string& text);

  termios before_{};
  int signals_ = -1;
};

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_TERMINAL_H_
