// Listen, Dial and their like: from the names of networks and addresses to sockets.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "runtime/net/socket.h"

namespace muster::net {
namespace {

using internal::AddrAccess;
using internal::AdoptSocket;
using internal::Network;
using internal::Shared;
using internal::SocketAccess;
using record::Direction;

constexpr int kBacklog = 1 << 16;  // the kernel cuts it to net.core.somaxconn

absl::Status Prefixed(const char* op, const std::string& network, const absl::Status& status) {
  return {status.code(), absl::StrCat(op, " ", network, ": ", std::string(status.message()))};
}

// The addresses, or why there are none.
absl::StatusOr<std::vector<Addr>> Look(const char* op, const std::string& network,
                                       const std::string& address, int type, bool passive,
                                       Network* parsed) {
  if (!internal::ParseNetwork(network, parsed) || parsed->type != type) {
    return absl::InvalidArgumentError(
        absl::StrCat(op, " ", network, " ", address, ": unknown network ", network));
  }
  absl::StatusOr<std::vector<Addr>> found = internal::Resolve(*parsed, address, passive);
  if (!found.ok()) return Prefixed(op, network, found.status());
  return found;
}

absl::Status Failed(int64_t result, const char* op, const Network& network, const Addr& addr,
                    const char* call) {
  return poll::ToStatus(
      poll::FromErrno(static_cast<int>(-result)),
      {.op = op, .subject = absl::StrCat(network.name, " ", addr.String()), .call = call});
}

// A socket that is bound to `addr`, and listens if it is a stream.
absl::StatusOr<Shared*> Bind(const Network& network, const Addr& addr) {
  const int family = AddrAccess::Name(addr)->sa_family;
  const int64_t fd = poll::sys::Socket(family, network.type, 0);
  if (fd < 0) return Failed(fd, "listen", network, addr, "socket");
  const int socket = static_cast<int>(fd);
  const int on = 1, off = 0;
  if (family != AF_UNIX && network.type == SOCK_STREAM) {
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (family == AF_INET6) {
    const bool both = network.family == AF_UNSPEC;
    setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, both ? &off : &on, sizeof(on));
  }
  const char* call = "bind";
  bool failed = ::bind(socket, AddrAccess::Name(addr), AddrAccess::Size(addr)) != 0;
  if (!failed && network.type == SOCK_STREAM) {
    call = "listen";
    failed = ::listen(socket, kBacklog) != 0;
  }
  if (failed) {
    const int error = errno;
    poll::sys::Close(socket);
    return Failed(-error, "listen", network, addr, call);
  }
  poll::Error error = poll::kOk;
  Shared* const shared = AdoptSocket(socket, network, &error);
  if (shared == nullptr) return Failed(-error, "listen", network, addr, "epoll_ctl");
  const std::string path = addr.String();
  if (network.is_unix() && !path.empty() && path.front() != '@') shared->remove_path = path;
  return shared;
}

absl::StatusOr<Shared*> BindAny(const std::string& network, const std::string& address, int type) {
  Network parsed;
  absl::StatusOr<std::vector<Addr>> found = Look("listen", network, address, type, true, &parsed);
  if (!found.ok()) return found.status();
  absl::StatusOr<Shared*> bound = absl::InternalError("no address");
  for (const Addr& addr : *found) {
    bound = Bind(parsed, addr);
    // A machine without IPv6 takes IPv4 alone.
    if (bound.ok() || io::Errno(bound.status()) != EAFNOSUPPORT) return bound;
  }
  return bound;
}

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
  fd->SetDeadline(Direction::kWrite, internal::DueAt(deadline));
  const Watch watch(ctx, fd);
  for (bool done = false; !done;) {
    poll::Error error = fd->WaitFor(Direction::kWrite);
    if (error == poll::kOk)
      error = fd->With([&](int number) { return ConnectResult(number, &done); });
    if (error != poll::kOk) return error;
  }
  return poll::kOk;
}

// Why a wait failed that the context may have ended.
poll::Error Reason(const context::Context& ctx, poll::Error error) {
  if (error != poll::kTimedOut) return error;
  return ctx.Err().code() == absl::StatusCode::kCancelled ? poll::kCanceled : poll::kTimedOut;
}

absl::StatusOr<Shared*> Connect(const context::Context& ctx, const Network& network,
                                const Addr& addr, absl::Time deadline) {
  const std::string subject = absl::StrCat(network.name, " ", addr.String());
  const auto fail = [&](poll::Error error, const char* call) {
    return poll::ToStatus(error, {.op = "dial", .subject = subject, .call = call});
  };
  const int64_t opened = poll::sys::Socket(AddrAccess::Name(addr)->sa_family, network.type, 0);
  if (opened < 0) return Failed(opened, "dial", network, addr, "socket");
  const int socket = static_cast<int>(opened);
  const int64_t result = poll::sys::Connect(socket, AddrAccess::Name(addr), AddrAccess::Size(addr));
  if (result != 0 && result != -EINPROGRESS && result != -EINTR) {
    poll::sys::Close(socket);
    return Failed(result, "dial", network, addr, "connect");
  }
  // Not registered before: epoll takes a socket that has not begun to connect for a broken one.
  poll::Error error = poll::kOk;
  poll::FD* const adopted =
      poll::FD::Adopt(socket, poll::Mode::kNonBlocking, true, subject, &error);
  if (adopted == nullptr) {
    poll::sys::Close(socket);
    return fail(error, "epoll_ctl");
  }
  poll::FDRef fd(adopted);
  if (result != 0) error = AwaitConnected(ctx, fd, deadline);
  if (error != poll::kOk) return fail(Reason(ctx, error), "connect");
  fd->SetDeadline(Direction::kWrite, sched::kNever);
  return internal::ShareSocket(std::move(fd), network);
}

absl::StatusOr<Shared*> DialAny(const context::Context& ctx, const std::string& network,
                                const std::string& address, int type) {
  Network parsed;
  absl::StatusOr<std::vector<Addr>> found = Look("dial", network, address, type, false, &parsed);
  if (!found.ok()) return found.status();
  const absl::Time end = ctx.Deadline().value_or(absl::InfiniteFuture());
  absl::Status first;
  for (size_t i = 0; i < found->size(); ++i) {
    if (const absl::Status err = ctx.Err(); !err.ok()) {
      const poll::Error why = Reason(ctx, poll::kTimedOut);
      return poll::ToStatus(
          why, {.op = "dial", .subject = absl::StrCat(network, " ", (*found)[i].String())});
    }
    const absl::Time now = absl::Now();
    const auto left = static_cast<int64_t>(found->size() - i);
    absl::StatusOr<Shared*> shared = Connect(
        ctx, parsed, (*found)[i], end == absl::InfiniteFuture() ? end : now + (end - now) / left);
    if (shared.ok()) return shared;
    if (first.ok()) first = shared.status();
  }
  return first;
}

}  // namespace

absl::StatusOr<Listener> Listen(const std::string& network, const std::string& address) {
  absl::StatusOr<Shared*> shared = BindAny(network, address, SOCK_STREAM);
  if (!shared.ok()) return shared.status();
  return SocketAccess::MakeListener(*shared);
}

absl::StatusOr<PacketConn> ListenPacket(const std::string& network, const std::string& address) {
  absl::StatusOr<Shared*> shared = BindAny(network, address, SOCK_DGRAM);
  if (!shared.ok()) return shared.status();
  return SocketAccess::MakePacketConn(*shared);
}

absl::StatusOr<Conn> Dial(const context::Context& ctx, const std::string& network,
                          const std::string& address) {
  absl::StatusOr<Shared*> shared = DialAny(ctx, network, address, SOCK_STREAM);
  if (!shared.ok()) return shared.status();
  return SocketAccess::MakeConn(*shared);
}

absl::StatusOr<Conn> Dial(const std::string& network, const std::string& address) {
  return Dial(context::Background(), network, address);
}

absl::StatusOr<PacketConn> DialPacket(const std::string& network, const std::string& address) {
  absl::StatusOr<Shared*> shared = DialAny(context::Background(), network, address, SOCK_DGRAM);
  if (!shared.ok()) return shared.status();
  return SocketAccess::MakePacketConn(*shared);
}

}  // namespace muster::net
