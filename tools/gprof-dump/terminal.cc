#include "tools/gprof-dump/terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace muster::gprof_dump {
namespace {

// A screen of its own, without a cursor; and back.
constexpr char kEnter[] = "\033[?1049h\033[?25l";
constexpr char kLeave[] = "\033[?25h\033[?1049l";

}  // namespace

bool Terminal::IsThere() { return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1; }

Terminal::Terminal() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  cfmakeraw(&raw);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  Write(kEnter);
}

Terminal::~Terminal() {
  Write(kLeave);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  close(signals_);
}

TopScreen::Size Terminal::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {};
  }
  return {size.ws_row, size.ws_col};
}

void Terminal::Draw(const std::vector<std::string>& lines) {
  // Each line is cleared behind its text, and what is below the last: a screen that is cleared as a
  // whole flickers.
  std::string text = "\033[H";
  for (size_t i = 0; i < lines.size(); ++i) {
    text += lines[i] + "\033[K";
    if (i + 1 < lines.size()) text += "\r\n";
  }
  Write(text + "\033[J");
}

Terminal::Event Terminal::WaitFor(int timeout_ms, int other_fd, std::string* keys) {
  pollfd waits[3] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}, {other_fd, POLLIN, 0}};
  const int ready = poll(waits, 3, timeout_ms);
  if (ready < 0) return errno == EINTR ? Event::kResized : Event::kEnd;
  if (ready == 0) return Event::kTime;
  if (waits[1].revents != 0) {
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof(info)) != sizeof(info)) return Event::kResized;
    return info.ssi_signo == SIGWINCH ? Event::kResized : Event::kEnd;
  }
  if (waits[0].revents != 0) {
    char block[256];
    const ssize_t count = read(STDIN_FILENO, block, sizeof(block));
    if (count <= 0) return Event::kEnd;
    keys->append(block, static_cast<size_t>(count));
    return Event::kKeys;
  }
  return Event::kOther;
}

void Terminal::Write(const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(STDOUT_FILENO, text.data() + done, text.size() - done);
    // A terminal that is gone is noticed when it is read from.
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += static_cast<size_t>(count);
  }
}

}  // namespace muster::gprof_dump
