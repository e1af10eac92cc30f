// An HTTP server on Boost.Beast's parsers. It greets, on as many connections as there are, each
// with its own goroutine and a deadline, and ends when its standard input does.
//
//   http_server [ADDRESS]
#include <sys/socket.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "muster/net_beast.h"
#include "muster/os.h"

namespace http = boost::beast::http;

http::response<http::string_body> Answer(const http::request<http::string_body>& request) {
  http::response<http::string_body> response;
  response.version(request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::content_type, "text/plain");
  if (request.method() == http::verb::get && request.target() == "/hello") {
    response.body() = "Hello from goroutine land\n";
  } else {
    response.result(http::status::not_found);
    response.body() = "not found\n";
  }
  response.prepare_payload();
  return response;
}

void Serve(muster::net::Conn conn) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    conn.SetDeadline(absl::Now() + absl::Seconds(30)).IgnoreError();
    http::request<http::string_body> request;
    boost::system::error_code error;
    http::read(conn, buffer, request, error);
    if (error) return;  // the end, a deadline, or no HTTP
    const auto response = Answer(request);
    http::write(conn, response, error);
    if (error || !response.keep_alive()) return;
  }
}

// A new server can begin to listen before the old one has ended.
absl::Status ShareThePort(const muster::context::Context&, const std::string&, const std::string&,
                          int fd) {
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "SO_REUSEPORT");
}

int main(int argc, char** argv) {
  return muster::Run([&] {
    const muster::net::ListenConfig config{.control = ShareThePort};
    auto listener =
        config.Listen(muster::context::Background(), "tcp", argc > 1 ? argv[1] : "127.0.0.1:8080");
    if (!listener.ok()) {
      std::fprintf(stderr, "%s\n", std::string(listener.status().message()).c_str());
      return 1;
    }
    std::printf("%s\n", listener->Address().String().c_str());
    std::fflush(stdout);
    muster::WaitGroup accepting;
    accepting.Go([&] {
      for (;;) {
        auto conn = listener->Accept();
        if (!conn.ok()) return;
        muster::Go(Serve, *conn);
      }
    });
    muster::os::File in = muster::os::Stdin();
    for (char buffer[64]; in.Read(buffer).err.ok();) {
    }
    listener->Close().IgnoreError();
    accepting.Wait();
    return 0;
  });
}
