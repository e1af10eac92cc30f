// Files and pipes on FDs.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "absl/strings/str_cat.h"
#include "muster/os.h"
#include "runtime/net/fd.h"
#include "runtime/net/socket.h"
#include "runtime/record/tsan.h"

namespace muster::os {
namespace internal {

struct Shared {
  std::atomic<uint32_t> references{1};
  poll::FDRef fd;
  int number = -1;

  absl::Status Status(poll::Error error, const char* op) const {
    if (error == poll::kOk) return absl::OkStatus();
    return poll::ToStatus(error,
                          {.op = op, .subject = fd->name(), .closed = "file already closed"});
  }
};

Handle::Handle(const Handle& other) noexcept : shared_(other.shared_) {
  if (shared_ != nullptr) shared_->references.fetch_add(1, std::memory_order_relaxed);
}

// The last one destroys what the others have used.
Handle::~Handle() {
  if (shared_ == nullptr) return;
  tsan::Release(&shared_->references);
  if (shared_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  tsan::Acquire(&shared_->references);
  delete shared_;
}

}  // namespace internal

namespace {

using internal::Shared;
using record::Direction;

absl::Status Nothing() { return absl::InvalidArgumentError("invalid argument"); }

// A handler that does nothing, since one that ignores would be inherited by the programs that this
// one executes.
void IgnoreBrokenPipes() {
  static const bool once = [] {
    struct sigaction old {};
    if (sigaction(SIGPIPE, nullptr, &old) != 0 || old.sa_handler != SIG_DFL) return true;
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    nothing.sa_flags = SA_RESTART | SA_ONSTACK;
    sigaction(SIGPIPE, &nothing, nullptr);
    return true;
  }();
  (void)once;
}

void DieOfBrokenPipe() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &standard, nullptr);
  kill(getpid(), SIGPIPE);
}

absl::Status SetDeadlines(Shared* shared, absl::Time t, bool read, bool write) {
  if (shared == nullptr) return Nothing();
  const int64_t due = net::internal::DueAt(t);
  poll::Error error = poll::kOk;
  if (read) error = shared->fd->SetDeadline(Direction::kRead, due);
  if (write && error == poll::kOk) error = shared->fd->SetDeadline(Direction::kWrite, due);
  return shared->Status(error, "set deadline");
}

File Standard(int fd, const char* name) {
  absl::StatusOr<File> file = NewFile(fd, name);
  return file.ok() ? *file : File();
}

}  // namespace

io::Result File::Read(std::span<char> buffer) {
  Shared* const shared = handle_.get();
  if (shared == nullptr) return {0, Nothing()};
  const iovec part = {buffer.data(), buffer.size()};
  const poll::Moved moved = shared->fd->ReadSome(&part, 1, __builtin_return_address(0));
  return {moved.n, shared->Status(moved.error, "read")};
}

io::Result File::Write(std::string_view data) {
  Shared* const shared = handle_.get();
  if (shared == nullptr) return {0, Nothing()};
  const poll::Moved moved =
      shared->fd->WriteAll(data.data(), data.size(), __builtin_return_address(0));
  const bool standard = shared->number == STDOUT_FILENO || shared->number == STDERR_FILENO;
  if (static_cast<int>(moved.error) == EPIPE && standard) DieOfBrokenPipe();
  return {moved.n, shared->Status(moved.error, "write")};
}

absl::Status File::Close() {
  if (handle_.get() == nullptr) return Nothing();
  return handle_.get()->Status(handle_.get()->fd->Close(), "close");
}

absl::Status File::SetDeadline(absl::Time t) { return SetDeadlines(handle_.get(), t, true, true); }
absl::Status File::SetReadDeadline(absl::Time t) {
  return SetDeadlines(handle_.get(), t, true, false);
}
absl::Status File::SetWriteDeadline(absl::Time t) {
  return SetDeadlines(handle_.get(), t, false, true);
}

std::string File::Name() const { return handle_.get() == nullptr ? "" : handle_.get()->fd->name(); }

int File::Fd() const {
  if (handle_.get() == nullptr) return -1;
  const poll::Error error = handle_.get()->fd->With([](int) -> int64_t { return 0; });
  return error == poll::kOk ? handle_.get()->number : -1;
}

absl::StatusOr<File> NewFile(int fd, const std::string& name) {
  IgnoreBrokenPipes();
  const int flags = fcntl(fd, F_GETFL);
  poll::Error error = flags < 0 ? poll::FromErrno(errno) : poll::kOk;
  const auto mode = (flags & O_NONBLOCK) != 0 ? poll::Mode::kNonBlocking : poll::Mode::kAskFirst;
  poll::FD* const adopted =
      error == poll::kOk ? poll::FD::Adopt(fd, mode, false, name, &error) : nullptr;
  if (adopted == nullptr) return poll::ToStatus(error, {.op = "open", .subject = name});
  auto* shared = new Shared;
  shared->fd = poll::FDRef(adopted);
  shared->number = fd;
  return File(internal::Handle(shared));
}

absl::StatusOr<PipeEnds> Pipe() {
  int fds[2] = {-1, -1};
  if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
    return poll::ToStatus(poll::FromErrno(errno), {.op = "pipe2"});
  }
  absl::StatusOr<File> r = NewFile(fds[0], "|0");
  absl::StatusOr<File> w = NewFile(fds[1], "|1");
  if (!r.ok()) close(fds[0]);
  if (!w.ok()) close(fds[1]);
  if (!r.ok() || !w.ok()) return r.ok() ? w.status() : r.status();
  return PipeEnds{*r, *w};
}

// Never destroyed: goroutines may use them until the process has ended.
const File& Stdin() {
  static const File& file = *new File(Standard(STDIN_FILENO, "/dev/stdin"));
  return file;
}
const File& Stdout() {
  static const File& file = *new File(Standard(STDOUT_FILENO, "/dev/stdout"));
  return file;
}
const File& Stderr() {
  static const File& file = *new File(Standard(STDERR_FILENO, "/dev/stderr"));
  return file;
}

}  // namespace muster::os
