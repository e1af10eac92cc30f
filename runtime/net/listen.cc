// ListenConfig: from the names of networks and addresses to sockets that are bound.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "muster/net_dialer.h"
#include "runtime/net/control.h"
#include "runtime/net/keep_alive.h"
#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"

namespace muster::net {
namespace {

using internal::AddrAccess;
using internal::Handle;
using internal::Network;
using internal::SocketAccess;

constexpr int kBacklog = 1 << 16;  // the kernel cuts it to net.core.somaxconn

void SetOption(int socket, int level, int option, bool on) {
  const int value = on ? 1 : 0;
  setsockopt(socket, level, option, &value, sizeof(value));
}

// What Go sets before Control may change it.
void SetDefaults(int socket, const Network& network, int family) {
  internal::AllowBroadcast(socket, network);
  if (!network.is_unix() && network.type == SOCK_STREAM) {
    SetOption(socket, SOL_SOCKET, SO_REUSEADDR, true);
  }
  if (family == AF_INET6) {
    SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, network.family != AF_UNSPEC);
  }
}

// Binds, and listens if it is a stream: nullptr, or the system call that failed, with errno.
const char* BindAndListen(int socket, const Network& network, const Addr& addr,
                          const KeepAliveConfig& keep_alive) {
  if (::bind(socket, AddrAccess::Name(addr), AddrAccess::Size(addr)) != 0) return "bind";
  if (network.type != SOCK_STREAM) return nullptr;
  // The connections that it accepts have it from the listener, which saves four calls for each.
  if (!network.is_unix() && keep_alive.enable) internal::ApplyKeepAlive(socket, keep_alive);
  return ::listen(socket, kBacklog) == 0 ? nullptr : "listen";
}

absl::StatusOr<Handle> Bind(const context::Context& ctx, const ListenConfig& config,
                            const std::string& named, const Network& network, const Addr& addr) {
  const std::string subject = absl::StrCat(named, " ", addr.String());
  const auto fail = [&](int error, const char* call) {
    return poll::ToStatus(poll::FromErrno(error),
                          {.op = "listen", .subject = subject, .call = call});
  };
  const int family = AddrAccess::Name(addr)->sa_family;
  const int64_t opened = poll::sys::Socket(family, network.type, 0);
  if (opened < 0) return fail(static_cast<int>(-opened), "socket");
  const int socket = static_cast<int>(opened);
  SetDefaults(socket, network, family);
  const absl::Status allowed = internal::CallControl(config.control, ctx, network, addr, socket);
  if (!allowed.ok()) {
    poll::sys::Close(socket);
    return poll::Wrap(allowed, {.op = "listen", .subject = subject});
  }
  const char* const call = BindAndListen(
      socket, network, addr, internal::KeepAliveOf(config.keep_alive, config.keep_alive_config));
  if (call != nullptr) {
    const int error = errno;
    poll::sys::Close(socket);
    return fail(error, call);
  }
  poll::Error error = poll::kOk;
  Handle handle(internal::AdoptSocket(socket, network, &error));
  if (handle.get() == nullptr) return fail(error, "epoll_ctl");
  const std::string path = addr.String();
  if (network.is_unix() && !path.empty() && path.front() != '@') handle.get()->remove_path = path;
  return handle;
}

absl::StatusOr<Handle> BindAny(const context::Context& ctx, const ListenConfig& config,
                               const std::string& named, const std::string& address, int type) {
  Network network;
  const internal::Addresses found =
      internal::AddressesFor(ctx, "listen", named, address, type, &network);
  if (!found.ok()) return found.status();
  absl::StatusOr<Handle> bound = absl::InternalError("no address");
  for (const Addr& addr : *found) {
    bound = Bind(ctx, config, named, network, addr);
    // A machine without IPv6 takes IPv4 alone.
    if (bound.ok() || io::Errno(bound.status()) != EAFNOSUPPORT) return bound;
  }
  return bound;
}

}  // namespace

absl::StatusOr<Listener> ListenConfig::Listen(const context::Context& ctx,
                                              const std::string& network,
                                              const std::string& address) const {
  absl::StatusOr<Handle> bound = BindAny(ctx, *this, network, address, SOCK_STREAM);
  if (!bound.ok()) return bound.status();
  return SocketAccess::MakeListener(*std::move(bound));
}

absl::StatusOr<PacketConn> ListenConfig::ListenPacket(const context::Context& ctx,
                                                      const std::string& network,
                                                      const std::string& address) const {
  absl::StatusOr<Handle> bound = BindAny(ctx, *this, network, address, SOCK_DGRAM);
  if (!bound.ok()) return bound.status();
  return SocketAccess::MakePacketConn(*std::move(bound));
}

absl::StatusOr<Listener> Listen(const std::string& network, const std::string& address) {
  return ListenConfig().Listen(context::Background(), network, address);
}

absl::StatusOr<PacketConn> ListenPacket(const std::string& network, const std::string& address) {
  return ListenConfig().ListenPacket(context::Background(), network, address);
}

}  // namespace muster::net
