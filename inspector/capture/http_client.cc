#include "inspector/capture/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/capture/socket_directory.h"

namespace muster::inspector {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

absl::Status ConnectError(const std::string& where, const error_code& error) {
  namespace errc = boost::system::errc;
  if (error == errc::no_such_file_or_directory) {
    return absl::NotFoundError(absl::StrCat(where, ": no such socket"));
  }
  if (error == errc::connection_refused) {
    return absl::UnavailableError(absl::StrCat(
        where,
        ": nobody listens there; the process that did has ended (gprof-dump ps lists those "
        "that answer)"));
  }
  if (error == errc::permission_denied) {
    return absl::UnavailableError(absl::StrCat(
        where, ": permission denied; only the user that runs the program, or root, may ask it"));
  }
  if (error == beast::error::timeout || error == errc::resource_unavailable_try_again) {
    return absl::UnavailableError(
        absl::StrCat(where, ": does not take the connection in time; try again"));
  }
  return absl::UnavailableError(absl::StrCat(where, ": cannot connect: ", error.message()));
}

absl::Status ReadError(const std::string& where, const error_code& error, uint64_t received) {
  if (error == beast::error::timeout) {
    return absl::UnavailableError(
        absl::StrCat(where, ": sends nothing more after ", received,
                     " bytes; the process is stopped, overloaded, or does not speak HTTP"));
  }
  if (error == http::error::body_limit) {
    return absl::InvalidArgumentError(
        absl::StrCat(where,
                     ": the dump is larger than the limit of 4 GiB; ask for the grouped "
                     "form, /debug/pprof/goroutine?debug=1"));
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::connection_reset) {
    return absl::UnavailableError(absl::StrCat(where, ": the connection ended after ", received,
                                               " bytes, before the dump did; ask again"));
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": what answers is not HTTP (", error.message(), ")"));
  }
  return absl::UnavailableError(absl::StrCat(where, ": cannot read: ", error.message()));
}

// One request on one connection.
template <typename Stream>
class Client {
 public:
  Client(std::string where, std::chrono::milliseconds patience)
      : io_(1), stream_(io_), where_(std::move(where)), patience_(patience) {}

  // `to` is what the stream's async_connect takes.
  template <typename Address>
  absl::Status Connect(const Address& to) {
    const error_code error =
        RunOne([&](auto handler) { stream_.async_connect(to, std::move(handler)); });
    return error ? ConnectError(where_, error) : absl::OkStatus();
  }

  absl::StatusOr<HttpAnswer> Get(const std::string& host, const std::string& target) {
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, host);
    request.set(http::field::user_agent, "muster-inspector");
    request.keep_alive(false);
    error_code error =
        RunOne([&](auto handler) { http::async_write(stream_, request, std::move(handler)); });
    if (error) return ReadError(where_, error, 0);

    http::response_parser<http::string_body> parser;
    parser.body_limit(kMaxBody);
    beast::flat_buffer buffer;
    while (!parser.is_done()) {
      error = RunOne([&](auto handler) {
        http::async_read_some(stream_, buffer, parser, std::move(handler));
      });
      if (error) return ReadError(where_, error, parser.get().body().size());
    }
    return HttpAnswer{parser.get().result_int(), std::move(parser.get().body())};
  }

 private:
  // Runs one asynchronous operation to its end; only those have timeouts.
  template <typename Start>
  error_code RunOne(const Start& start) {
    error_code result;
    stream_.expires_after(patience_);
    start([&result](const error_code& error, const auto&...) { result = error; });
    io_.restart();
    io_.run();
    return result;
  }

  asio::io_context io_;
  Stream stream_;
  const std::string where_;
  const std::chrono::milliseconds patience_;
};

absl::StatusOr<HttpAnswer> Get(const UnixAddress& address, const std::string& target,
                               std::chrono::milliseconds patience) {
  if (address.path.size() > MaxSocketPath()) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.path, ": a socket's path has at most ", MaxSocketPath(),
                     " bytes; change to its folder and name it from there"));
  }
  Client<beast::basic_stream<asio::local::stream_protocol>> client(address.path, patience);
  const absl::Status connected =
      client.Connect(asio::local::stream_protocol::endpoint(address.path));
  if (!connected.ok()) return connected;
  return client.Get("localhost", target);
}

absl::StatusOr<HttpAnswer> Get(const HttpUrl& url, const std::string& target,
                               std::chrono::milliseconds patience) {
  asio::io_context io(1);
  asio::ip::tcp::resolver resolver(io);
  error_code error;
  const auto addresses = resolver.resolve(url.host, url.port, error);
  const std::string where = absl::StrCat("http://", url.authority);
  if (error) return absl::NotFoundError(absl::StrCat(where, ": no such host: ", error.message()));
  Client<beast::tcp_stream> client(where, patience);
  if (absl::Status connected = client.Connect(addresses); !connected.ok()) return connected;
  return client.Get(url.authority, target);
}

}  // namespace

absl::StatusOr<HttpAnswer> HttpGet(const HttpPeer& peer, const std::string& target,
                                   std::chrono::milliseconds patience) {
  try {
    return std::visit([&](const auto& address) { return Get(address, target, patience); }, peer);
  } catch (const std::bad_alloc&) {
    return absl::InvalidArgumentError(
        "the answer does not fit in memory; ask for the grouped form, "
        "/debug/pprof/goroutine?debug=1");
  }
}

}  // namespace muster::inspector
