// Connecting to one address.
#ifndef MUSTER_NET_CONNECT_H_
#define MUSTER_NET_CONNECT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/context.h"
#include "muster/net_dialer.h"
#include "runtime/net/io_error.h"
#include "runtime/net/sockaddr.h"

namespace muster::net::internal {

// What all the attempts of one dial have in common. Copied for each goroutine that dials.
struct Dialing {
  std::string named;  // the network in the caller's words: "tcp4"
  Network network;
  Addr local;  // none: the kernel chooses
  KeepAliveConfig keep_alive;
  Control control;
  absl::Duration fallback_delay = absl::ZeroDuration();  // see dial.h; negative is "never"
};

// An attempt's failure in Go's words: "dial tcp 10.0.0.1:0->10.0.0.2:80: connect: no route to
// host". `call` as in poll::Context.
absl::Status DialError(const Dialing& dialing, const Addr& addr, poll::Error error,
                       const char* call);

// A connection to `addr`, or why there is none: also because the context ends, or `deadline` comes.
absl::StatusOr<Handle> Connect(const context::Context& ctx, const Dialing& dialing,
                               const Addr& addr, absl::Time deadline);

}  // namespace muster::net::internal

#endif  // MUSTER_NET_CONNECT_H_
