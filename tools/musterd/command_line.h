// The command line of musterd as values. CLI11 is kept to the one file that implements this.
#ifndef TOOLS_MUSTERD_COMMAND_LINE_H_
#define TOOLS_MUSTERD_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <vector>

#include "tools/musterd/poller.h"
#include "tools/musterd/store.h"

namespace muster::musterd {

struct Options {
  std::string db;      // $XDG_STATE_HOME/muster/musterd.db
  std::string listen;  // unix:, musterd.sock in the directory of the processes' sockets
  Poller::Options polling;
  Retention retention;
};

struct Parsed {
  std::optional<Options> options;  // none: there is nothing to run
  int exit_code = 0;
};

// ParseCommandLine reads `arguments` (without the program's name); a mistake is said in one line.
Parsed ParseCommandLine(std::vector<std::string> arguments);

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_COMMAND_LINE_H_
