#include "runtime/net/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "muster/blocking.h"
#include "runtime/net/io_error.h"
#include "runtime/record/tsan.h"

namespace muster::net {
namespace internal {
namespace {

struct NamedNetwork {
  const char* text;
  Network network;
};
constexpr NamedNetwork kNetworks[] = {
    {"tcp", {AF_UNSPEC, SOCK_STREAM, "tcp"}}, {"tcp4", {AF_INET, SOCK_STREAM, "tcp"}},
    {"tcp6", {AF_INET6, SOCK_STREAM, "tcp"}}, {"udp", {AF_UNSPEC, SOCK_DGRAM, "udp"}},
    {"udp4", {AF_INET, SOCK_DGRAM, "udp"}},   {"udp6", {AF_INET6, SOCK_DGRAM, "udp"}},
    {"unix", {AF_UNIX, SOCK_STREAM, "unix"}}, {"unixgram", {AF_UNIX, SOCK_DGRAM, "unixgram"}},
};

absl::Status BadAddress(const std::string& address, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat("address ", address, ": ", why));
}

// "host:port" and "[host]:port".
absl::Status SplitHostPort(const std::string& address, std::string* host, std::string* port) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return BadAddress(address, "missing port in address");
  *host = address.substr(0, colon);
  *port = address.substr(colon + 1);
  if (!host->empty() && host->front() == '[') {
    if (host->back() != ']') return BadAddress(address, "missing ']' in address");
    host->pop_back();
    host->erase(0, 1);
  } else if (host->find(':') != std::string::npos) {
    return BadAddress(address, "too many colons in address");
  }
  return absl::OkStatus();
}

absl::StatusOr<Addr> UnixAddr(const Network& network, const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path)) return BadAddress(path, "path is too long");
  path.copy(name.sun_path, path.size());
  socklen_t size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (!path.empty() && path.front() == '@') {
    name.sun_path[0] = '\0';
  } else if (!path.empty()) {
    ++size;
  }
  return AddrAccess::Of(network.name, reinterpret_cast<const sockaddr*>(&name), size);
}

}  // namespace

bool ParseNetwork(const std::string& text, Network* network) {
  for (const NamedNetwork& known : kNetworks) {
    if (text != known.text) continue;
    *network = known.network;
    return true;
  }
  return false;
}

Addr AddrAccess::Of(const char* network, const sockaddr* address, socklen_t size) {
  Addr addr;
  if (size == 0) return addr;
  addr.network_ = network;
  addr.size_ = std::min<uint32_t>(size, sizeof(addr.raw_));
  memcpy(addr.raw_, address, addr.size_);
  return addr;
}

bool IsWildcard(const Addr& addr) {
  const sockaddr* const name = AddrAccess::Name(addr);
  if (name->sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(name)->sin_addr.s_addr == htonl(INADDR_ANY);
  }
  return name->sa_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(name)->sin6_addr);
}

Addr WildcardLike(const Addr& addr, int family) {
  const uint16_t port = htons(static_cast<uint16_t>(addr.Port()));
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  four.sin_port = port;
  six.sin6_family = AF_INET6;
  six.sin6_port = port;
  return family == AF_INET
             ? AddrAccess::Of(addr.Network(), reinterpret_cast<const sockaddr*>(&four),
                              sizeof(four))
             : AddrAccess::Of(addr.Network(), reinterpret_cast<const sockaddr*>(&six), sizeof(six));
}

absl::StatusOr<std::vector<Addr>> Resolve(const Network& network, const std::string& address,
                                          bool passive, Ask ask) {
  if (network.is_unix()) {
    absl::StatusOr<Addr> addr = UnixAddr(network, address);
    if (!addr.ok()) return addr.status();
    return std::vector<Addr>{*addr};
  }
  std::string host, port;
  if (absl::Status split = SplitHostPort(address, &host, &port); !split.ok()) return split;
  addrinfo hints{};
  hints.ai_family = network.family;
  hints.ai_socktype = network.type;
  addrinfo* list = nullptr;
  hints.ai_flags = (passive ? AI_PASSIVE : 0) | (ask == Ask::kNobody ? AI_NUMERICHOST : 0);
  const auto look = [&] {
    // The resolver is not the program's to be judged for races.
    const tsan::IgnoreScope ignore;
    return getaddrinfo(host.empty() ? nullptr : host.c_str(), port.empty() ? "0" : port.c_str(),
                       &hints, &list);
  };
  const int error = ask == Ask::kNobody ? look() : Blocking(look);
  if (error != 0) {
    const char* const why = error == EAI_NONAME ? "no such host" : gai_strerror(error);
    return absl::NotFoundError(absl::StrCat("lookup ", host, ": ", why));
  }
  std::vector<Addr> found;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    found.push_back(AddrAccess::Of(network.name, at->ai_addr, at->ai_addrlen));
  }
  freeaddrinfo(list);
  // As in Go: who announces without a host takes both families with one socket, IPv6's.
  if (passive && host.empty()) {
    const auto six = std::find_if(found.begin(), found.end(), [](const Addr& addr) {
      return AddrAccess::Name(addr)->sa_family == AF_INET6;
    });
    if (six != found.end()) std::rotate(found.begin(), six, six + 1);
  }
  return found;
}

}  // namespace internal

std::string Addr::IP() const {
  const auto* name = internal::AddrAccess::Name(*this);
  char text[INET6_ADDRSTRLEN] = "";
  if (size_ == 0) return "";
  if (name->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(raw_)->sin_addr, text, sizeof(text));
  } else if (name->sa_family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(raw_);
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
      inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, text, sizeof(text));
      return text;
    }
    inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text));
    if (six->sin6_scope_id != 0) return absl::StrCat(text, "%", six->sin6_scope_id);
  }
  return text;
}

int Addr::Port() const {
  if (size_ == 0) return 0;
  switch (internal::AddrAccess::Name(*this)->sa_family) {
    case AF_INET:
      return ntohs(reinterpret_cast<const sockaddr_in*>(raw_)->sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<const sockaddr_in6*>(raw_)->sin6_port);
    default:
      return 0;
  }
}

std::string Addr::String() const {
  if (size_ == 0) return "";
  if (internal::AddrAccess::Name(*this)->sa_family != AF_UNIX) {
    const std::string ip = IP();
    const bool six = ip.find(':') != std::string::npos;
    return absl::StrCat(six ? "[" : "", ip, six ? "]" : "", ":", Port());
  }
  const auto* path = reinterpret_cast<const sockaddr_un*>(raw_)->sun_path;
  const size_t size = size_ - std::min<size_t>(size_, offsetof(sockaddr_un, sun_path));
  if (size == 0) return "";
  if (path[0] == '\0') return absl::StrCat("@", std::string(path + 1, size - 1));
  return std::string(path, strnlen(path, size));
}

bool operator==(const Addr& a, const Addr& b) {
  return std::string(a.network_) == b.network_ && a.String() == b.String();
}

absl::StatusOr<Addr> ResolveAddr(const std::string& network, const std::string& address) {
  internal::Network parsed;
  if (!internal::ParseNetwork(network, &parsed)) {
    return absl::InvalidArgumentError(absl::StrCat("unknown network ", network));
  }
  absl::StatusOr<std::vector<Addr>> found =
      internal::Resolve(parsed, address, false, internal::Ask::kTheSystem);
  if (!found.ok()) return found.status();
  return found->front();
}

absl::StatusOr<std::vector<std::string>> LookupHost(const std::string& host) {
  internal::Network any;
  const bool six = host.find(':') != std::string::npos;
  const std::string address = absl::StrCat(six ? "[" : "", host, six ? "]" : "", ":0");
  absl::StatusOr<std::vector<Addr>> found =
      internal::Resolve(any, address, false, internal::Ask::kTheSystem);
  if (!found.ok()) return found.status();
  std::vector<std::string> hosts;
  for (const Addr& addr : *found) hosts.push_back(addr.IP());
  return hosts;
}

}  // namespace muster::net
