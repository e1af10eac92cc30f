// An HTTP/1.1 server on one thread. Every connection has its own timeouts, so that an idle or slow
// client holds up nobody but itself. A dump is made in one go, or in pieces, each when the one
// before has been sent; clients wait for one another's.
#ifndef MUSTER_INSPECTOR_ENDPOINT_SERVER_H_
#define MUSTER_INSPECTOR_ENDPOINT_SERVER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "inspector/endpoint/routes.h"

namespace muster::inspector {

class Server {
 public:
  using Handler = std::function<Reply(std::string_view method, std::string_view target)>;

  // How many connections are served at once. One more takes the place of the one that has been idle
  // for longest.
  static constexpr size_t kMaxConnections = 64;

  // For a whole request to come, and for the next bytes of an answer to be taken.
  static constexpr std::chrono::milliseconds kPatience{10'000};

  // Takes the listening socket `fd` over: a Unix socket, or TCP on 127.0.0.1. Requests over TCP
  // must name this machine in their Host header.
  Server(int fd, Handler handler, std::chrono::milliseconds patience = kPatience);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void Run();   // until Stop
  void Stop();  // from any thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_SERVER_H_
