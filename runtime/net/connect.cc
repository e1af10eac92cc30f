#include "runtime/net/connect.h"

#include <errno.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "muster/sync.h"
#include "runtime/net/control.h"
#include "runtime/net/keep_alive.h"
#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"

namespace muster::net::internal {
namespace {

using record::Direction;

// While it lives, the end of a context ends what waits for `fd` to be connected.
class Watch {
 public:
  Watch(const context::Context& ctx, const poll::FDRef& fd) {
    ended_.Add(1);
    stop_ = context::AfterFunc(ctx, [this, fd] {
      fd->SetDeadline(Direction::kWrite, 0);
      ended_.Done();
    });
  }
  // No deadline is set behind the back of the connection's user.
  ~Watch() {
    if (!stop_()) ended_.Wait();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  WaitGroup ended_;
  context::StopFunc stop_;
};

// What became of a connect that is under way: 0 with `*done`, or minus an errno.
int64_t ConnectResult(int fd, bool* done) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return -errno;
  if (error == EISCONN) error = 0;
  if (error != 0 && error != EINPROGRESS && error != EALREADY && error != EINTR) return -error;
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof(peer);
  *done = error == 0 && getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
  return 0;
}

poll::Error AwaitConnected(const context::Context& ctx, const poll::FDRef& fd,
                           absl::Time deadline) {
  fd->SetDeadline(Direction::kWrite, DueAt(deadline));
  const Watch watch(ctx, fd);
  for (bool done = false; !done;) {
    poll::Error error = fd->WaitFor(Direction::kWrite);
    if (error == poll::kOk)
      error = fd->With([&](int number) { return ConnectResult(number, &done); });
    if (error != poll::kOk) return error;
  }
  return poll::kOk;
}

// "dial tcp 10.0.0.1:0->10.0.0.2:80".
std::string Subject(const Dialing& dialing, const Addr& addr) {
  const std::string from = dialing.local.String();
  return absl::StrCat(dialing.named, " ", from, from.empty() ? "" : "->", addr.String());
}

int64_t BindLocal(int socket, const Addr& local, int family) {
  const Addr from = IsWildcard(local) ? WildcardLike(local, family) : local;
  return ::bind(socket, AddrAccess::Name(from), AddrAccess::Size(from)) == 0 ? 0 : -errno;
}

// Closes a socket that nothing else knows yet, unless it is taken.
class Fresh {
 public:
  explicit Fresh(int fd) : fd_(fd) {}
  ~Fresh() {
    if (fd_ >= 0) poll::sys::Close(fd_);
  }
  Fresh(const Fresh&) = delete;
  Fresh& operator=(const Fresh&) = delete;
  int get() const { return fd_; }
  void Take() { fd_ = -1; }

 private:
  int fd_;
};

absl::StatusOr<Handle> ConnectOnce(const context::Context& ctx, const Dialing& dialing,
                                   const Addr& addr, absl::Time deadline) {
  const auto fail = [&](int64_t result, const char* call) {
    return DialError(dialing, addr, poll::FromErrno(static_cast<int>(-result)), call);
  };
  const int family = AddrAccess::Name(addr)->sa_family;
  int64_t result = poll::sys::Socket(family, dialing.network.type, 0);
  if (result < 0) return fail(result, "socket");
  Fresh socket(static_cast<int>(result));
  AllowBroadcast(socket.get(), dialing.network);
  const absl::Status allowed =
      CallControl(dialing.control, ctx, dialing.network, addr, socket.get());
  if (!allowed.ok()) {
    return poll::Wrap(allowed, {.op = "dial", .subject = Subject(dialing, addr)});
  }
  if (!dialing.local.String().empty()) {
    result = BindLocal(socket.get(), dialing.local, family);
    if (result != 0) return fail(result, "bind");
  }
  result = poll::sys::Connect(socket.get(), AddrAccess::Name(addr), AddrAccess::Size(addr));
  if (result != 0 && result != -EINPROGRESS && result != -EINTR) return fail(result, "connect");
  // Not registered before: epoll takes a socket that has not begun to connect for a broken one.
  poll::Error error = poll::kOk;
  poll::FD* const adopted =
      poll::FD::Adopt(socket.get(), poll::Mode::kNonBlocking, true, Subject(dialing, addr), &error);
  if (adopted == nullptr) return DialError(dialing, addr, error, "epoll_ctl");
  socket.Take();
  poll::FDRef fd(adopted);
  if (result != 0) error = AwaitConnected(ctx, fd, deadline);
  if (error != poll::kOk) return DialError(dialing, addr, Reason(ctx, error), "connect");
  fd->SetDeadline(Direction::kWrite, sched::kNever);
  return Handle(ShareSocket(std::move(fd), dialing.network));
}

// A port of this machine that nobody listens at can be chosen for the caller's own: the socket then
// meets itself. And the kernel can find that the port it chose is in use. Both pass, as in Go.
bool IsAccident(const absl::StatusOr<Handle>& connected) {
  if (!connected.ok()) return io::Errno(connected.status()) == EADDRNOTAVAIL;
  const Shared& shared = *connected->get();
  return !shared.network.is_unix() && shared.network.type == SOCK_STREAM &&
         shared.local == shared.peer;
}

}  // namespace

absl::Status DialError(const Dialing& dialing, const Addr& addr, poll::Error error,
                       const char* call) {
  return poll::ToStatus(error, {.op = "dial", .subject = Subject(dialing, addr), .call = call});
}

absl::StatusOr<Handle> Connect(const context::Context& ctx, const Dialing& dialing,
                               const Addr& addr, absl::Time deadline) {
  constexpr int kTries = 3;
  absl::StatusOr<Handle> connected;
  for (int i = 0; i < kTries; ++i) {
    connected = ConnectOnce(ctx, dialing, addr, deadline);
    if (dialing.local.Port() != 0 || !IsAccident(connected)) break;
  }
  if (connected.ok() && !dialing.network.is_unix() && dialing.network.type == SOCK_STREAM) {
    // Without them the connection is as good, so this does not fail the dial; nor does it in Go.
    (*connected).get()->fd->With([&](int fd) {
      return dialing.keep_alive.enable ? ApplyKeepAlive(fd, dialing.keep_alive) : 0;
    });
  }
  return connected;
}

}  // namespace muster::net::internal
