// A web site for the scraper to read: site SILENT. It prints its address, and ends with SIGTERM.
//
// "/" links to pages that are there, to one that is not, and to SILENT ones that never answer; the
// site says when one of these is asked for.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "muster/muster.h"
#include "muster/net_beast.h"

namespace http = boost::beast::http;
using muster::net::Conn;

namespace {

const std::map<std::string, std::string> kPages = {
    {"/", R"(<a href="/a">a</a> <a href="/b">b</a> <a href="/c">c</a> <a href="/gone">x</a>)"
          R"( <a href="http://elsewhere/">e</a> <a href="/a">again</a>)"},
    {"/a", R"(<a href="/">home</a> <a href="/deep">d</a>)"},
    {"/b", "no link"},
    {"/c", R"(an open <a href="/b)"},
    {"/deep", R"(<a href="/a">up</a>)"},
};

// Until the client has given up.
void AwaitEnd(Conn& conn) {
  for (char buffer[16]; conn.Read(buffer).err.ok();) {
  }
}

void Answer(Conn conn, int silent) {
  boost::beast::flat_buffer buffer;
  http::request<http::string_body> request;
  boost::system::error_code error;
  http::read(conn, buffer, request, error);
  if (error) return;
  const std::string target(request.target());
  if (target.starts_with("/silent")) {
    std::printf("asked for %s\n", target.c_str());
    std::fflush(stdout);
    return AwaitEnd(conn);
  }
  http::response<http::string_body> response;
  const auto page = kPages.find(target);
  if (page != kPages.end()) {
    response.body() = page->second;
  } else {
    response.result(http::status::not_found);
  }
  for (int i = 1; target == "/" && i <= silent; ++i) {
    response.body() += absl::StrCat(" <a href=\"/silent", i, "\">s</a>");
  }
  response.prepare_payload();
  http::write(conn, response, error);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return muster::Run([&] {
    const auto [ctx, stop] =
        muster::os::signal::NotifyContext(muster::context::Background(), {SIGTERM});
    auto listener = muster::net::Listen("tcp", "127.0.0.1:0");
    if (!listener.ok()) return 1;
    std::printf("%s\n", listener->Address().String().c_str());
    std::fflush(stdout);
    const auto end = muster::context::AfterFunc(ctx, [&] { listener->Close().IgnoreError(); });
    for (;;) {
      auto conn = listener->Accept();
      if (!conn.ok()) return 0;
      muster::Go(Answer, *conn, std::atoi(argv[1]));
    }
  });
}
