#include "tools/gprof-dump/sampler.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/gprof-dump/exit_code.h"

namespace muster::gprof_dump {
namespace {

int64_t NowNs() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// SIGINT and SIGTERM as something to wait for.
class Interrupts {
 public:
  Interrupts() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }

  // False when an interrupt came before that time.
  bool SleepUntil(int64_t at_ns) const {
    while (true) {
      const int64_t left = at_ns - NowNs();
      const timespec limit = absl::ToTimespec(absl::Nanoseconds(left > 0 ? left : 0));
      if (sigtimedwait(&set_, nullptr, &limit) > 0) return false;
      if (errno == EAGAIN && NowNs() >= at_ns) return true;
    }
  }

 private:
  sigset_t set_;
};

// One line that is written over on a terminal, a line each elsewhere.
class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  ~Progress() { End(); }

  void Say(const std::string& line) {
    if (quiet_) return;
    std::fprintf(stderr, terminal_ ? "\r\033[Kgprof-dump: %s" : "gprof-dump: %s\n", line.c_str());
    std::fflush(stderr);
    open_ = terminal_;
  }
  // Whatever comes next begins on a line of its own.
  void End() {
    if (open_) std::fputs("\n", stderr);
    open_ = false;
  }

 private:
  const bool quiet_;
  const bool terminal_;
  bool open_ = false;
};

}  // namespace

size_t SampleCount(const Sampling& sampling) {
  return static_cast<size_t>(sampling.length / sampling.every) + 1;
}

absl::Status Sample(const Sampling& sampling, const TakeSample& take) {
  const Interrupts interrupts;
  Progress progress(sampling.quiet);
  const size_t count = SampleCount(sampling);
  const int64_t every_ns = absl::ToInt64Nanoseconds(sampling.every);
  const int64_t start_ns = NowNs();
  for (size_t number = 1; number <= count; ++number) {
    const absl::StatusOr<std::string> said = take(number, NowNs() - start_ns);
    if (!said.ok()) {
      if (number == 1 || ExitCodeOf(said.status()) != kUnreachable) return said.status();
      progress.End();
      Warn(absl::StrCat(std::string(said.status().message()), "; ended after ", number - 1,
                        " samples"));
      return absl::OkStatus();
    }
    progress.Say(absl::StrCat("sample ", number, " of ", count, ": ", *said));
    // A sample that took longer than the interval does not make the next ones hurry.
    if (number < count &&
        !interrupts.SleepUntil(start_ns + static_cast<int64_t>(number) * every_ns)) {
      progress.End();
      Warn(absl::StrCat("interrupted after ", number, " of ", count, " samples"));
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace muster::gprof_dump
