#include "tests/tools/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace muster::testing {
namespace {

[[noreturn]] void Throw(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe MakePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) Throw("pipe2");
  return {ends[0], ends[1]};
}

// In the child, between fork and exec.
[[noreturn]] void Execute(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& env, uid_t uid) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_DFL);
  // Whoever runs the tests in the background has these ignored.
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGQUIT, SIG_DFL);
  for (const auto& [name, value] : env) ::setenv(name.c_str(), value.c_str(), 1);
  if (uid != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(uid) != 0 || ::setuid(uid) != 0)) {
    ::_exit(126);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

void DupOnto(int from, int to) {
  if (::dup2(from, to) < 0) ::_exit(126);
}

// Moves what `fd` has into `text`; false at the end. A terminal whose other side is closed gives
// EIO instead of an end.
bool Pump(int fd, std::string* text) {
  char block[1 << 16];
  const ssize_t count = ::read(fd, block, sizeof(block));
  if (count > 0) text->append(block, static_cast<size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

// Feeds `input` and collects both outputs until they end.
void Converse(const std::string& input, int in, int out, int err, RunResult* result) {
  size_t fed = 0;
  if (input.empty()) ::close(std::exchange(in, -1));
  while (in >= 0 || out >= 0 || err >= 0) {
    pollfd waits[3] = {{in, POLLOUT, 0}, {out, POLLIN, 0}, {err, POLLIN, 0}};
    if (::poll(waits, 3, -1) < 0 && errno != EINTR) Throw("poll");
    if (waits[0].revents != 0) {
      const ssize_t count = ::write(in, input.data() + fed, input.size() - fed);
      if (count > 0) fed += static_cast<size_t>(count);
      if (fed == input.size() || (count < 0 && errno != EAGAIN)) ::close(std::exchange(in, -1));
    }
    if (waits[1].revents != 0 && !Pump(out, &result->out)) ::close(std::exchange(out, -1));
    if (waits[2].revents != 0 && !Pump(err, &result->err)) ::close(std::exchange(err, -1));
  }
}

}  // namespace

bool HaveTerminals() {
  int ends[2];
  if (::openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) != 0) return false;
  ::close(ends[0]);
  ::close(ends[1]);
  return true;
}

RunResult RunProcess(const std::vector<std::string>& arguments, const RunOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe in = MakePipe();
  Pipe err = MakePipe();
  Pipe out;
  if (options.terminal) {
    if (::openpty(&out.read, &out.write, nullptr, nullptr, nullptr) != 0) Throw("openpty");
  } else {
    out = MakePipe();
  }
  if (options.close_output) ::close(std::exchange(out.read, -1));
  const pid_t pid = ::fork();
  if (pid < 0) Throw("fork");
  if (pid == 0) {
    DupOnto(in.read, STDIN_FILENO);
    DupOnto(out.write, STDOUT_FILENO);
    DupOnto(err.write, STDERR_FILENO);
    Execute(arguments, options.env, options.uid);
  }
  ::close(in.read);
  ::close(out.write);
  ::close(err.write);
  ::fcntl(in.write, F_SETFL, O_NONBLOCK);
  RunResult result;
  Converse(options.input, in.write, out.read, err.read, &result);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

bool InPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  std::string directory;
  while (std::getline(directories, directory, ':')) {
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

Background::Background(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& env) {
  Pipe output = MakePipe();
  pid_ = ::fork();
  if (pid_ < 0) Throw("fork");
  if (pid_ == 0) {
    DupOnto(output.write, STDOUT_FILENO);
    DupOnto(output.write, STDERR_FILENO);
    Execute(arguments, env, 0);
  }
  ::close(output.write);
  output_ = output.read;
}

Background::~Background() {
  if (!ended_) {
    Signal(SIGKILL);
    Wait();
  }
  ::close(output_);
}

std::optional<std::string> Background::ReadLine() {
  size_t end = pending_.find('\n');
  while (end == std::string::npos) {
    if (!Pump(output_, &pending_)) return std::nullopt;
    end = pending_.find('\n');
  }
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return line;
}

std::string Background::ReadUntil(const std::string& text) {
  while (const std::optional<std::string> line = ReadLine()) {
    if (line->find(text) != std::string::npos) return *line;
  }
  return "";
}

void Background::Signal(int signal) const { ::kill(pid_, signal); }

int Background::Wait() {
  if (ended_) return exit_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return exit_;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "muster-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) Throw("mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::Write(const std::string& name, const std::string& content) const {
  const std::string path = *this / name;
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace muster::testing
