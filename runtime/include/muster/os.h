// Files and pipes: the part of Go's package os that may have to wait.
//
// A File is a handle: copies name the same file, which Close closes, or the end of the last handle.
// Reads of pipes, terminals and sockets park the goroutine ("IO wait"); a regular file is always
// ready, and blocks the OS thread while the disk works, in a blocking region (muster/blocking.h):
// others run on meanwhile, and the goroutine shows as "syscall". Reads take turns, and so do
// writes; Close makes those who are parked fail with IsClosed. Errors: see muster/io.h; "file
// already closed".
//
// Once a File has been made, SIGPIPE no longer ends the process, unless a write to descriptor 1 or
// 2 raises it, as in Go: other writes to a broken pipe fail with EPIPE. A handler of your own
// stays.
#ifndef MUSTER_OS_H_
#define MUSTER_OS_H_

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/io.h"

namespace muster::os {

namespace internal {
struct Shared;
class Handle {
 public:
  Handle() noexcept = default;
  explicit Handle(Shared* adopted) noexcept : shared_(adopted) {}
  Handle(const Handle& other) noexcept;
  Handle(Handle&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Handle& operator=(Handle other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Handle();
  Shared* get() const noexcept { return shared_; }

 private:
  Shared* shared_ = nullptr;
};
}  // namespace internal

class File {
 public:
  File() noexcept = default;
  explicit operator bool() const noexcept { return handle_.get() != nullptr; }

  // Read waits until there is something; EOF at the end.
  io::Result Read(std::span<char> buffer);
  // Write returns when all is written, or with an error and what has been.
  io::Result Write(std::string_view data);
  absl::Status Close();

  // What cannot be polled has no deadlines: UNIMPLEMENTED or the like.
  absl::Status SetDeadline(absl::Time t);
  absl::Status SetReadDeadline(absl::Time t);
  absl::Status SetWriteDeadline(absl::Time t);

  std::string Name() const;
  int Fd() const;  // which stays the file's; -1 once it is closed

  explicit File(internal::Handle handle) noexcept : handle_(std::move(handle)) {}

 private:
  internal::Handle handle_;
};

// NewFile takes over a descriptor. One that is in non-blocking mode is polled; one that is not is
// left as it is, since other processes may share it, and is asked before each operation whether
// that would block.
absl::StatusOr<File> NewFile(int fd, const std::string& name);

struct PipeEnds {
  File r;
  File w;
};
// Pipe makes a pipe: what is written to `w` can be read from `r`.
absl::StatusOr<PipeEnds> Pipe();

// Stdin, Stdout and Stderr are made with the first call, and closed only by Close.
const File& Stdin();
const File& Stdout();
const File& Stderr();

}  // namespace muster::os

#endif  // MUSTER_OS_H_
