#include "tests/interop/relay.h"

#include <sys/socket.h>

#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/write.hpp"

namespace muster::testing {

using boost::asio::ip::tcp;
using boost::asio::local::stream_protocol;

Relay::Relay(std::string socket)
    : socket_(std::move(socket)),
      acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
      thread_([this] { Serve(); }) {}

Relay::~Relay() {
  shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends accept
  thread_.join();
}

std::string Relay::url() const {
  return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

void Relay::Serve() {
  while (true) {
    boost::system::error_code error;
    tcp::socket client(context_);
    acceptor_.accept(client, error);
    if (error) return;
    PassOn(&client);
  }
}

void Relay::PassOn(tcp::socket* client) {
  boost::system::error_code error;
  std::string request;
  boost::asio::read_until(*client, boost::asio::dynamic_buffer(request), "\r\n\r\n", error);
  stream_protocol::socket server(context_);
  server.connect(stream_protocol::endpoint(socket_), error);
  boost::asio::write(server, boost::asio::buffer(request), error);
  // No second request follows, so that the server closes when it has answered.
  server.shutdown(stream_protocol::socket::shutdown_send, error);
  std::string answer;
  boost::asio::read(server, boost::asio::dynamic_buffer(answer), error);
  boost::asio::write(*client, boost::asio::buffer(answer), error);
}

}  // namespace muster::testing
