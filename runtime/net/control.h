// What is done to a socket before it is bound or connected.
#ifndef MUSTER_NET_CONTROL_H_
#define MUSTER_NET_CONTROL_H_

#include <sys/socket.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "muster/context.h"
#include "muster/net_dialer.h"
#include "runtime/net/sockaddr.h"

namespace muster::net::internal {

// Datagrams may go to all of a network, as with Go's sockets.
inline void AllowBroadcast(int socket, const Network& network) {
  const int on = 1;
  if (network.is_unix() || network.type != SOCK_DGRAM) return;
  setsockopt(socket, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
}

// control(ctx, "tcp4", "127.0.0.1:80", socket), if there is one.
inline absl::Status CallControl(const Control& control, const context::Context& ctx,
                                const Network& network, const Addr& addr, int socket) {
  if (!control) return absl::OkStatus();
  const char* const family = network.is_unix() ? "" : IsIPv4(addr) ? "4" : "6";
  return control(ctx, absl::StrCat(network.name, family), addr.String(), socket);
}

}  // namespace muster::net::internal

#endif  // MUSTER_NET_CONTROL_H_
