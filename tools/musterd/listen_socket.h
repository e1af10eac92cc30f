// Where musterd listens: on this machine only.
#ifndef TOOLS_MUSTERD_LISTEN_SOCKET_H_
#define TOOLS_MUSTERD_LISTEN_SOCKET_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "inspector/endpoint/listener.h"

namespace muster::musterd {

// ListenSocket is a listening socket and, for a Unix one, its file, which goes with it.
class ListenSocket {
 public:
  // Listens on `unix:PATH` (mode 0600; a socket that a dead process left is replaced) or
  // `127.0.0.1:PORT`, port 0 taking a free one. Every other address is refused.
  static absl::StatusOr<ListenSocket> Open(const std::string& address);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  // The descriptor, which is now the caller's.
  int Release();
  // With the port that was chosen.
  const std::string& address() const { return address_; }

 private:
  ListenSocket(int fd, std::string address, std::optional<inspector::Listener> file);
  static absl::StatusOr<ListenSocket> OpenUnix(const std::string& path);
  static absl::StatusOr<ListenSocket> OpenLoopback(const std::string& address);

  int fd_;
  std::string address_;
  std::optional<inspector::Listener> file_;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_LISTEN_SOCKET_H_
