// An HTTP client on Boost.Beast: several requests at once, each in its own goroutine, all within
// ten seconds. It prints the status and the body of each.
//
//   http_client ADDRESS TARGET...
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "muster/muster.h"
#include "muster/net_beast.h"

namespace http = boost::beast::http;

std::string Get(const muster::context::Context& ctx, const std::string& address,
                const std::string& target) {
  const muster::net::Dialer dialer{.timeout = absl::Seconds(5), .keep_alive = absl::Seconds(30)};
  auto conn = dialer.DialContext(ctx, "tcp", address);
  if (!conn.ok()) return std::string(conn.status().message());
  // Whatever ends the context ends the request.
  auto stop = muster::context::AfterFunc(
      ctx, [conn = *conn]() mutable { conn.SetDeadline(absl::InfinitePast()).IgnoreError(); });
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, address);
  boost::system::error_code error;
  http::write(*conn, request, error);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> response;
  if (!error) http::read(*conn, buffer, response, error);
  stop();
  if (error) return error.message();
  return absl::StrCat(response.result_int(), " ", response.body());
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::vector<std::string> targets(argv + 2, argv + argc);
  std::vector<std::string> answers(targets.size());
  muster::Run([&] {
    auto [ctx, cancel] =
        muster::context::WithTimeout(muster::context::Background(), absl::Seconds(10));
    muster::WaitGroup requests;
    for (size_t i = 0; i < targets.size(); ++i) {
      requests.Go([&, i, ctx] { answers[i] = Get(ctx, argv[1], targets[i]); });
    }
    requests.Wait();
    cancel();
  });
  for (const std::string& answer : answers) std::printf("%s\n", answer.c_str());
}
