// Dialer: from its fields, and the names of networks and addresses, to what is to be dialed.
#include "muster/net_dialer.h"

#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/net/dial.h"
#include "runtime/net/keep_alive.h"
#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"

namespace muster::net {
namespace {

using internal::AddrAccess;
using internal::Dialing;
using internal::Handle;
using internal::SocketAccess;

constexpr absl::Duration kFallbackDelay = absl::Milliseconds(300);

absl::Time Earliest(const Dialer& dialer, const context::Context& ctx) {
  const absl::Time own = dialer.timeout == absl::ZeroDuration() ? absl::InfiniteFuture()
                                                                : absl::Now() + dialer.timeout;
  return std::min({own, dialer.deadline, ctx.Deadline().value_or(absl::InfiniteFuture())});
}

// Ends at `end` too, if that is before the context's own deadline.
context::Cancellable Within(const context::Context& ctx, absl::Time end) {
  if (end == ctx.Deadline().value_or(absl::InfiniteFuture())) return {ctx, {}};
  return context::WithDeadline(ctx, end);
}

// Leaves out what cannot be reached from `local`.
absl::Status KeepReachable(const Addr& local, std::vector<Addr>* addresses) {
  const auto fail = [&](const char* why) {
    return absl::InvalidArgumentError(absl::StrCat("address ", local.String(), ": ", why));
  };
  if (local.String().empty()) return absl::OkStatus();
  if (std::string(local.Network()) != addresses->front().Network()) {
    return fail("mismatched local address type");
  }
  std::erase_if(*addresses, [&](const Addr& addr) {
    return !internal::IsWildcard(local) && !internal::IsWildcard(addr) &&
           AddrAccess::Name(addr)->sa_family != AddrAccess::Name(local)->sa_family;
  });
  return addresses->empty() ? fail("no suitable address found") : absl::OkStatus();
}

absl::StatusOr<Handle> DialWithin(const context::Context& ctx, const Dialer& dialer,
                                  const std::string& network, const std::string& address,
                                  int type) {
  Dialing dialing = {
      .named = network,
      .network = {},
      .local = dialer.local_addr,
      .keep_alive = internal::KeepAliveOf(dialer.keep_alive, dialer.keep_alive_config),
      .control = dialer.control,
      .fallback_delay =
          dialer.fallback_delay == absl::ZeroDuration() ? kFallbackDelay : dialer.fallback_delay};
  internal::Addresses found =
      internal::AddressesFor(ctx, "dial", network, address, type, &dialing.network);
  if (!found.ok()) return found.status();
  const absl::Status reachable = KeepReachable(dialing.local, &*found);
  if (!reachable.ok()) return poll::Wrap(reachable, {.op = "dial", .subject = network});
  return internal::DialAll(ctx, dialing, *found);
}

absl::StatusOr<Handle> DialAny(const context::Context& ctx, const Dialer& dialer,
                               const std::string& network, const std::string& address, int type) {
  const auto [limited, cancel] = Within(ctx, Earliest(dialer, ctx));
  absl::StatusOr<Handle> dialed = DialWithin(limited, dialer, network, address, type);
  cancel();
  return dialed;
}

}  // namespace

absl::StatusOr<Conn> Dialer::DialContext(const context::Context& ctx, const std::string& network,
                                         const std::string& address) const {
  absl::StatusOr<Handle> dialed = DialAny(ctx, *this, network, address, SOCK_STREAM);
  if (!dialed.ok()) return dialed.status();
  return SocketAccess::MakeConn(*std::move(dialed));
}

absl::StatusOr<Conn> Dialer::Dial(const std::string& network, const std::string& address) const {
  return DialContext(context::Background(), network, address);
}

absl::StatusOr<PacketConn> Dialer::DialPacket(const context::Context& ctx,
                                              const std::string& network,
                                              const std::string& address) const {
  absl::StatusOr<Handle> dialed = DialAny(ctx, *this, network, address, SOCK_DGRAM);
  if (!dialed.ok()) return dialed.status();
  return SocketAccess::MakePacketConn(*std::move(dialed));
}

absl::StatusOr<Conn> Dial(const context::Context& ctx, const std::string& network,
                          const std::string& address) {
  return Dialer().DialContext(ctx, network, address);
}

absl::StatusOr<Conn> Dial(const std::string& network, const std::string& address) {
  return Dialer().Dial(network, address);
}

absl::StatusOr<PacketConn> DialPacket(const std::string& network, const std::string& address) {
  return Dialer().DialPacket(context::Background(), network, address);
}

}  // namespace muster::net
