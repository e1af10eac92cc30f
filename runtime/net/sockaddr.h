// Names of sockets: from the kernel's form to Go's words and back.
#ifndef MUSTER_NET_SOCKADDR_H_
#define MUSTER_NET_SOCKADDR_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "muster/net.h"

namespace muster::net::internal {

// "tcp4": family AF_INET, type SOCK_STREAM, name "tcp".
struct Network {
  int family = AF_UNSPEC;
  int type = SOCK_STREAM;
  const char* name = "";  // what addresses say: "tcp", "udp", "unix", "unixgram"
  bool is_unix() const { return family == AF_UNIX; }
};
// False: there is no such network here.
bool ParseNetwork(const std::string& text, Network* network);

struct AddrAccess {
  static Addr Of(const char* network, const sockaddr* address, socklen_t size);
  static const sockaddr* Name(const Addr& addr) {
    return reinterpret_cast<const sockaddr*>(addr.raw_);
  }
  static socklen_t Size(const Addr& addr) { return addr.size_; }
};

inline bool IsIPv4(const Addr& addr) { return AddrAccess::Name(addr)->sa_family == AF_INET; }
// Whether it is an IP address that stands for any.
bool IsWildcard(const Addr& addr);
// Any address of that family, with the port of `addr`.
Addr WildcardLike(const Addr& addr, int family);

// Whether a host's name may be asked for.
enum class Ask : bool { kNobody, kTheSystem };

// The addresses that "host:port" stands for, in the order to be tried. An empty host is any address
// (`passive`) or this machine. NOT_FOUND for the names of hosts, if nobody may be asked; the system
// is asked in a blocking region, and whoever calls it waits.
absl::StatusOr<std::vector<Addr>> Resolve(const Network& network, const std::string& address,
                                          bool passive, Ask ask);

}  // namespace muster::net::internal

#endif  // MUSTER_NET_SOCKADDR_H_
