// From the words of Dial and Listen to addresses, no longer than a context lasts.
#ifndef MUSTER_NET_RESOLVE_H_
#define MUSTER_NET_RESOLVE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/context.h"
#include "muster/net.h"
#include "runtime/net/io_error.h"
#include "runtime/net/sockaddr.h"

namespace muster::net::internal {

// Why something failed that the end of the context may have ended: `error`, if it is no timeout.
poll::Error Reason(const context::Context& ctx, poll::Error error);

using Addresses = absl::StatusOr<std::vector<Addr>>;

// lookup(), or the context's error if that ends first. The lookup then goes on in a goroutine of
// its own, and its answer is dropped.
Addresses LookupWithin(const context::Context& ctx, std::function<Addresses()> lookup);

// The addresses for `op` ("dial"), or why there are none. A network that is not of `type` is
// unknown. `*parsed` is set if it is known.
Addresses AddressesFor(const context::Context& ctx, const char* op, const std::string& network,
                       const std::string& address, int type, Network* parsed);

}  // namespace muster::net::internal

#endif  // MUSTER_NET_RESOLVE_H_
