// FD: an open descriptor, of a socket or a file, and the operations on it that may have to wait.
// What Conn, Listener, PacketConn and File have in common; Go's internal/poll.FD.
//
// Invariants:
//  - Reads take turns, and so do writes; the two do not wait for each other.
//  - Close fails what waits and all that follows with kClosed. The descriptor itself is closed when
//    the last operation has ended, so none can reach a stranger who has got the same number.
//
// Handles count references; when the last one is gone the descriptor is closed.
//
// Three kinds of descriptors (Mode): a non-blocking one is tried first and waited for on EAGAIN.
// One that blocks, and that other processes may share (the standard input), must not be made
// non-blocking behind their backs: it is asked whether it is ready, and waited for before the try.
// And what the poller does not take (regular files, which are always ready) blocks its OS thread,
// in a blocking region: its P goes to others when that takes long.
#ifndef MUSTER_NET_FD_H_
#define MUSTER_NET_FD_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "muster/record.h"
#include "muster/sync.h"
#include "runtime/net/io_error.h"
#include "runtime/net/poll_desc.h"
#include "runtime/net/syscalls.h"

namespace muster::poll {

enum class Mode : uint8_t { kNonBlocking, kAskFirst, kBlocking };

struct Moved {
  size_t n = 0;
  Error error = kOk;
};

class FD {
 public:
  // Takes over `fd`, with one reference. `name` is for the record and for errors: "tcp a->b". Polls
  // unless `mode` is kBlocking; what epoll does not take becomes kBlocking. `*error` is set when it
  // cannot be polled for another reason; `fd` is still the caller's then, and nullptr is returned.
  static FD* Adopt(int fd, Mode mode, bool is_socket, std::string name, Error* error);

  void Ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref();

  // One successful system call. A read of a stream that gives nothing is kEof.
  Moved ReadSome(const iovec* parts, int count, const void* caller);
  Moved WriteSome(const iovec* parts, int count, const void* caller);
  // Until everything is written.
  Moved WriteAll(const void* data, size_t size, const void* caller);
  // One datagram. No edge for TSan, as in Go.
  Moved Receive(msghdr* message);
  Moved Send(const msghdr* message);
  // A new descriptor, non-blocking; its peer's address in `address`.
  Error Accept(int* accepted, sockaddr* address, socklen_t* size);
  // Until an operation in that direction may be tried (a connect's end).
  Error WaitFor(record::Direction direction);

  // kClosed when it was closed before. Returns once the descriptor is closed.
  Error Close();
  Error Shutdown(int how);
  // As PollDesc::SetDeadline; ENOTSUP when it is not polled.
  Error SetDeadline(record::Direction direction, int64_t when_ns);

  // Calls fn(fd), which gives minus an errno or not, while the descriptor is kept open.
  template <typename Fn>
  Error With(Fn fn) {
    if (!Enter()) return kClosed;
    const int64_t result = fn(fd_);
    Leave();
    return result < 0 ? FromErrno(static_cast<int>(-result)) : kOk;
  }

  // Not while anybody waits.
  void Rename(std::string name);
  const std::string& name() const { return name_; }

 private:
  FD(int fd, Mode mode, bool is_socket, std::string name);
  ~FD() = default;

  // An operation must be entered before the descriptor is used, and left afterwards.
  bool Enter();
  void Leave();
  void CloseDescriptor();
  // Calls body(&moved) in its turn, with old events forgotten and no deadline passed.
  template <typename Body>
  Moved InTurn(record::Direction direction, Body body);
  // try_once(fd), in a blocking region if the descriptor blocks.
  template <typename Try>
  int64_t TryHere(Try try_once);
  // Calls try_once(fd) until it gives something other than EAGAIN; in its turn. 0 with an error.
  template <typename Try>
  int64_t TryUntilDone(record::Direction direction, Error* error, Try try_once);
  int64_t TryWrite(int fd, const iovec* parts, int count) const;
  size_t WriteOnce(const iovec* parts, int count, Error* error, const void* caller);
  Error WaitPolled(record::Direction direction);

  std::atomic<uint32_t> references_{1};
  // kClosing once Close was called; plus one for each operation under way, and one until Close.
  std::atomic<uint32_t> users_{1};
  const int fd_;
  Mode mode_;
  const bool is_socket_;
  PollDesc* desc_ = nullptr;
  std::string name_;
  Mutex read_turn_;
  Mutex write_turn_;
  WaitGroup closed_;

  static constexpr uint32_t kClosing = 1u << 31;
};

// A counted reference.
class FDRef {
 public:
  FDRef() noexcept = default;
  explicit FDRef(FD* adopted) noexcept : fd_(adopted) {}
  FDRef(const FDRef& other) noexcept : fd_(other.fd_) {
    if (fd_ != nullptr) fd_->Ref();
  }
  FDRef(FDRef&& other) noexcept : fd_(std::exchange(other.fd_, nullptr)) {}
  FDRef& operator=(FDRef other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FDRef() {
    if (fd_ != nullptr) fd_->Unref();
  }
  FD* operator->() const noexcept { return fd_; }
  FD& operator*() const noexcept { return *fd_; }
  explicit operator bool() const noexcept { return fd_ != nullptr; }

 private:
  FD* fd_ = nullptr;
};

}  // namespace muster::poll

#endif  // MUSTER_NET_FD_H_
