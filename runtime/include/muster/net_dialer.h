// Dialer and ListenConfig: how connections are made and listened for, when the functions of
// muster/net.h are not particular enough. Go's net.Dialer and net.ListenConfig.
//
//   muster::net::Dialer dialer{.timeout = absl::Seconds(5), .keep_alive = absl::Seconds(30)};
//   auto conn = dialer.DialContext(ctx, "tcp", "example.org:443");
//
// Both are plain structures. Their methods may be called by several goroutines at once as long as
// nobody changes a field; nothing of them is used after a method has returned, but by an attempt
// that lost (see Dialer), which has its own copy.
#ifndef MUSTER_NET_DIALER_H_
#define MUSTER_NET_DIALER_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/net.h"

namespace muster::net {

// Control is called with each socket after it is made and before it is bound or connected, to set
// options of it. `network` says the family too ("tcp4", "udp6"); `address` is the one to be
// connected to, or to be listened at. An error is what the operation fails with. It must not close
// `fd`, nor keep it. With several addresses it can be called by two goroutines at once.
using Control = std::function<absl::Status(const context::Context& ctx, const std::string& network,
                                           const std::string& address, int fd)>;

// Dialer connects. Every field may be left out.
//
// Of several addresses of a host on "tcp", those of the family that the resolver names first are
// the primaries; if they have not given a connection after a while, or have all failed, those of
// the other family are tried at the same time, and the first connection is taken (RFC 8305, "Happy
// Eyeballs"). Within a family they are tried one after the other, each with its share of the time
// that is left, at least two seconds. The attempt that loses is cancelled; its goroutine may end
// shortly after the method has returned.
struct Dialer {
  // From the call on, the lookup included. 0: none. The earliest of this, `deadline` and the
  // context's deadline counts. The kernel may give up before, often after two or three minutes.
  absl::Duration timeout = absl::ZeroDuration();
  absl::Time deadline = absl::InfiniteFuture();
  // Where to dial from, of the same network; none: the kernel chooses. Port 0 takes a free one.
  // Addresses of another family than its IP's are left out.
  Addr local_addr = {};
  // How long the primaries have for themselves. 0: 300 ms. Negative: all addresses are tried one
  // after the other.
  absl::Duration fallback_delay = absl::ZeroDuration();
  // The time between keep-alive probes of TCP. 0: 15 s. Negative: none are sent. Not looked at if
  // keep_alive_config.enable is set.
  absl::Duration keep_alive = absl::ZeroDuration();
  KeepAliveConfig keep_alive_config = {};
  Control control = {};

  // As net::Dial, and for datagrams net::DialPacket.
  absl::StatusOr<Conn> Dial(const std::string& network, const std::string& address) const;
  absl::StatusOr<Conn> DialContext(const context::Context& ctx, const std::string& network,
                                   const std::string& address) const;
  absl::StatusOr<PacketConn> DialPacket(const context::Context& ctx, const std::string& network,
                                        const std::string& address) const;
};

// ListenConfig listens. Every field may be left out.
struct ListenConfig {
  Control control = {};
  // Of the connections that are accepted, as in Dialer.
  absl::Duration keep_alive = absl::ZeroDuration();
  KeepAliveConfig keep_alive_config = {};

  // As net::Listen and net::ListenPacket. The context bounds the lookup of a host's name; once
  // there is a listener it means nothing to it.
  absl::StatusOr<Listener> Listen(const context::Context& ctx, const std::string& network,
                                  const std::string& address) const;
  absl::StatusOr<PacketConn> ListenPacket(const context::Context& ctx, const std::string& network,
                                          const std::string& address) const;
};

}  // namespace muster::net

#endif  // MUSTER_NET_DIALER_H_
