#include "tests/tools/gprof-dump/terminal.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace muster::testing {

TerminalSession::TerminalSession(const std::vector<std::string>& arguments) {
  winsize size{};
  size.ws_row = 30;
  size.ws_col = 120;
  if (openpty(&terminal_, &other_, nullptr, nullptr, &size) != 0) {
    throw std::runtime_error("openpty");
  }
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("TERM", "xterm", 1);
    close(terminal_);
    login_tty(other_);
    std::vector<char*> argv;
    for (const std::string& argument : arguments) {
      argv.push_back(const_cast<char*>(argument.c_str()));
    }
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
}

TerminalSession::~TerminalSession() {
  if (!ended_) {
    Signal(SIGKILL);
    Wait();
  }
  close(terminal_);
  close(other_);
}

void TerminalSession::Type(const std::string& keys) const {
  if (write(terminal_, keys.data(), keys.size()) != static_cast<ssize_t>(keys.size())) {
    throw std::runtime_error("the terminal takes no keys");
  }
}

void TerminalSession::Signal(int signal) const { kill(pid_, signal); }

// Reads what there is; false when the program has ended and all is read.
bool TerminalSession::Read() {
  // Our own handle on its side keeps the terminal from ending with the program.
  constexpr int kLookForTheEndMs = 100;
  pollfd wait = {terminal_, POLLIN, 0};
  while (poll(&wait, 1, kLookForTheEndMs) == 0) {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == pid_ && poll(&wait, 1, 0) == 0) {
      return false;
    }
  }
  char block[4096];
  const ssize_t count = read(terminal_, block, sizeof(block));
  if (count > 0) output_.append(block, static_cast<size_t>(count));
  return count > 0 || errno == EINTR;
}

bool TerminalSession::WaitFor(const std::string& text) {
  size_t at = output_.find(text, found_);
  while (at == std::string::npos) {
    if (!Read()) return false;
    at = output_.find(text, found_);
  }
  found_ = at;
  return true;
}

int TerminalSession::Wait() {
  while (Read()) {
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool TerminalSession::IsCooked() const {
  termios modes{};
  return tcgetattr(other_, &modes) == 0 && (modes.c_lflag & ICANON) != 0 &&
         (modes.c_lflag & ECHO) != 0;
}

}  // namespace muster::testing
