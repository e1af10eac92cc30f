#include "tools/muster-stress/runner.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

extern char** environ;

namespace muster::stress {
namespace {

using Clock = std::chrono::steady_clock;

// Keeps the first and the last half of kMaxOutput.
class BoundedOutput {
 public:
  void Append(std::string_view text) {
    const size_t room = kMaxOutput / 2 - std::min(head_.size(), kMaxOutput / 2);
    head_.append(text.substr(0, room));
    tail_.append(text.substr(std::min(room, text.size())));
    // Trimming at twice the size keeps the cost of a long output linear.
    if (tail_.size() > kMaxOutput) Trim();
  }
  void Take(RunResult* result) {
    if (tail_.size() > kMaxOutput / 2) Trim();
    result->output_left_out = left_out_;
    if (left_out_ > 0) head_ += "\n[... " + std::to_string(left_out_) + " bytes left out ...]\n";
    result->output = std::move(head_) + tail_;
  }

 private:
  void Trim() {
    const size_t cut = tail_.size() - kMaxOutput / 2;
    tail_.erase(0, cut);
    left_out_ += cut;
  }
  std::string head_, tail_;
  size_t left_out_ = 0;
};

// The environment block for the child: ours, with `changes` put in.
std::vector<std::string> Environment(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> block;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    const bool changed = std::any_of(changes.begin(), changes.end(),
                                     [&](const auto& change) { return change.first == name; });
    if (!changed) block.emplace_back(text);
  }
  for (const auto& [name, value] : changes) {
    std::string entry = name;
    entry.append("=").append(value);
    block.push_back(std::move(entry));
  }
  return block;
}

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& text : *strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Starts the program with `out` as its output; 0 or an errno.
int Start(const RunSpec& spec, int out, pid_t* pid) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, out, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // Whoever runs us in the background has it ignored.
  sigset_t quit;
  sigemptyset(&quit);
  sigaddset(&quit, SIGQUIT);
  posix_spawnattr_setsigdefault(&attributes, &quit);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::vector<std::string> command = spec.command;
  std::vector<std::string> block = Environment(spec.environment);
  const int error = posix_spawnp(pid, command[0].c_str(), &files, &attributes,
                                 Pointers(&command).data(), Pointers(&block).data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error;
}

enum class End { kExited, kTimedOut, kInterrupted };

bool HasEnded(pid_t pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid;
}

// Reads until the program has ended and the pipe is empty, or until it has to be killed. A child of
// the program that keeps the pipe open does not keep us.
End Collect(int in, pid_t pid, const RunSpec& spec, const std::atomic<bool>& stop,
            BoundedOutput* output) {
  Clock::time_point deadline = Clock::now() + spec.timeout;
  bool asked_to_quit = false;
  std::array<char, 65536> buffer;
  bool ended = false, closed = false;
  for (;;) {
    pollfd waited{.fd = closed ? -1 : in, .events = POLLIN, .revents = 0};
    // Once it has ended, what is in the pipe is all there is of it.
    const int ready = poll(&waited, 1, ended ? 0 : 20);
    if (ready > 0) {
      const ssize_t got = read(in, buffer.data(), buffer.size());
      if (got > 0) output->Append(std::string_view(buffer.data(), static_cast<size_t>(got)));
      if (got == 0) closed = true;
    } else if (ended) {
      return asked_to_quit ? End::kTimedOut : End::kExited;
    }
    ended = ended || HasEnded(pid);
    if (ended) continue;
    if (stop.load(std::memory_order_relaxed)) return End::kInterrupted;
    if (spec.timeout.count() == 0 || Clock::now() < deadline) continue;
    if (asked_to_quit || spec.patience.count() == 0) return End::kTimedOut;
    asked_to_quit = true;
    deadline = Clock::now() + spec.patience;
    kill(pid, SIGQUIT);
  }
}

}  // namespace

RunResult RunOnce(const RunSpec& spec, const std::atomic<bool>& stop) {
  RunResult result;
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    result.start_error = std::string("no pipe: ") + std::strerror(errno);
    return result;
  }
  pid_t pid = 0;
  const int error = Start(spec, ends[1], &pid);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    result.start_error = std::strerror(error);
    return result;
  }
  BoundedOutput output;
  const End end = Collect(ends[0], pid, spec, stop, &output);
  // The group is killed before its leader is reaped: until then no other group can have its number.
  kill(-pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  result.timed_out = end == End::kTimedOut;
  result.interrupted = end == End::kInterrupted;
  if (end == End::kExited && WIFEXITED(status)) {
    result.exit_code = WEXITSTATUS(status);
  } else if (end == End::kExited) {
    result.signal = WTERMSIG(status);
  }
  close(ends[0]);
  output.Take(&result);
  return result;
}

}  // namespace muster::stress
