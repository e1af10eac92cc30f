// Relay: a TCP port of this machine in front of a Unix socket, for clients that know only
// http://HOST:PORT.
#ifndef TESTS_INTEROP_RELAY_H_
#define TESTS_INTEROP_RELAY_H_

#include <string>
#include <thread>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"

namespace muster::testing {

// Serves one connection after the other, with one request each, on a thread of its own.
class Relay {
 public:
  explicit Relay(std::string socket);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();

  std::string url() const;  // "http://127.0.0.1:PORT"

 private:
  void Serve();
  void PassOn(boost::asio::ip::tcp::socket* client);

  const std::string socket_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace muster::testing

#endif  // TESTS_INTEROP_RELAY_H_
