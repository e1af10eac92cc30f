#include "tools/musterd/listen_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "inspector/capture/socket_directory.h"
#include "muster/inspector/capture.h"

namespace muster::musterd {
namespace {

constexpr char kUnixPrefix[] = "unix:";
constexpr char kLoopbackPrefix[] = "127.0.0.1:";

absl::StatusOr<uint16_t> PortOf(const std::string& address) {
  int port = -1;
  if (!absl::SimpleAtoi(address.substr(sizeof(kLoopbackPrefix) - 1), &port) || port < 0 ||
      port > UINT16_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on ", address, ": the port is a number from 0 to 65535"));
  }
  return static_cast<uint16_t>(port);
}

}  // namespace

ListenSocket::ListenSocket(int fd, std::string address, std::optional<inspector::Listener> file)
    : fd_(fd), address_(std::move(address)), file_(std::move(file)) {}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      file_(std::exchange(other.file_, std::nullopt)) {}

ListenSocket::~ListenSocket() {
  if (file_) inspector::RemoveSocket(*file_);
  if (fd_ >= 0) ::close(fd_);
}

int ListenSocket::Release() { return std::exchange(fd_, -1); }

absl::StatusOr<ListenSocket> ListenSocket::Open(const std::string& address) {
  if (absl::StartsWith(address, kUnixPrefix)) {
    return OpenUnix(address.substr(sizeof(kUnixPrefix) - 1));
  }
  if (absl::StartsWith(address, kLoopbackPrefix)) return OpenLoopback(address);
  return absl::InvalidArgumentError(
      absl::StrCat("cannot listen on ", address,
                   ": only unix:PATH and 127.0.0.1:PORT are served, since what musterd knows is "
                   "for this machine's user"));
}

absl::StatusOr<ListenSocket> ListenSocket::OpenUnix(const std::string& path) {
  const std::string directory = inspector::SocketDirectory();
  if (std::filesystem::path(path).parent_path() == directory) {
    if (absl::Status status = inspector::CreateSocketDirectory(directory); !status.ok()) {
      return status;
    }
  }
  const absl::StatusOr<inspector::Listener> listener = inspector::Listen(path);
  if (!listener.ok()) {
    return absl::Status(listener.status().code(), absl::StrCat("cannot listen on ", kUnixPrefix,
                                                               listener.status().message()));
  }
  return ListenSocket(listener->fd, absl::StrCat(kUnixPrefix, listener->path), *listener);
}

absl::StatusOr<ListenSocket> ListenSocket::OpenLoopback(const std::string& address) {
  const absl::StatusOr<uint16_t> port = PortOf(address);
  if (!port.ok()) return port.status();
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(*port);
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  const int on = 1;
  ListenSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), address, std::nullopt);
  if (socket.fd_ < 0 || ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&name), size) != 0 ||
      ::listen(socket.fd_, SOMAXCONN) != 0 ||
      ::getsockname(socket.fd_, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot listen on ", address, ": ",
                                                      std::generic_category().message(errno),
                                                      "; choose another --listen"));
  }
  socket.address_ = absl::StrCat(kLoopbackPrefix, ntohs(name.sin_port));
  return socket;
}

}  // namespace muster::musterd
