// Keep-alive probes of TCP, with Go's defaults.
#ifndef MUSTER_NET_KEEP_ALIVE_H_
#define MUSTER_NET_KEEP_ALIVE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "muster/net.h"

namespace muster::net::internal {

// What a Dialer's or ListenConfig's two fields say together: the config if it is enabled, or else a
// period, of which a negative one is "off".
KeepAliveConfig KeepAliveOf(absl::Duration period, const KeepAliveConfig& config);

// Sets the options of `fd`: 0, or minus an errno.
int64_t ApplyKeepAlive(int fd, const KeepAliveConfig& config);

}  // namespace muster::net::internal

#endif  // MUSTER_NET_KEEP_ALIVE_H_
