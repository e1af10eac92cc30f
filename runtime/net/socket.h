// What the handles of one socket share.
#ifndef MUSTER_NET_SOCKET_H_
#define MUSTER_NET_SOCKET_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "muster/net.h"
#include "runtime/net/fd.h"
#include "runtime/net/sockaddr.h"

namespace muster::net::internal {

struct Shared {
  std::atomic<uint32_t> references{1};
  poll::FDRef fd;
  Network network;
  Addr local;
  Addr peer;
  std::string remove_path;  // a Unix listener's, when it is closed

  // Why an operation on it failed, as Go's OpError says it.
  absl::Status Status(poll::Error error, const char* op, const char* call) const;
};

struct SocketAccess {
  static Conn MakeConn(Handle handle) { return Conn(std::move(handle)); }
  static Listener MakeListener(Handle handle) { return Listener(std::move(handle)); }
  static PacketConn MakePacketConn(Handle handle) { return PacketConn(std::move(handle)); }
};

// Makes a bound or connected socket known by its addresses.
Shared* ShareSocket(poll::FDRef fd, const Network& network);
// Takes over a non-blocking descriptor; closes it when that fails.
Shared* AdoptSocket(int fd, const Network& network, poll::Error* error);

// The monotonic time of a deadline; kNever for none.
int64_t DueAt(absl::Time t);

}  // namespace muster::net::internal

#endif  // MUSTER_NET_SOCKET_H_
