// Reads a web site in parallel: scraper ADDRESS WORKERS INTERVAL_MS TIMEOUT_MS.
//
// It begins with http://ADDRESS/ and follows every link to the same host. A fixed number of workers
// fetch; all of them together make one request in each interval, however many workers there are;
// and a page that takes longer than the timeout is given up, not waited for.
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "muster/muster.h"
#include "muster/net_beast.h"

namespace http = boost::beast::http;
namespace context = muster::context;

struct Page {
  std::string target;
  std::string outcome;  // the status, or why there is none
  std::vector<std::string> links;
};

// The targets of href="/..." attributes.
std::vector<std::string> LinksOf(const std::string& html) {
  const std::string kHref = "href=\"";
  std::vector<std::string> links;
  for (size_t at = html.find(kHref); at != std::string::npos; at = html.find(kHref, at)) {
    at += kHref.size();
    std::string link = html.substr(at, html.find('"', at) - at);
    if (link.starts_with('/')) links.push_back(std::move(link));
  }
  return links;
}

using Response = http::response<http::string_body>;

absl::StatusOr<Response> Fetch(const context::Context& ctx, const std::string& address,
                               const std::string& target) {
  auto conn = muster::net::Dial(ctx, "tcp", address);
  if (!conn.ok()) return conn.status();
  // Whatever ends the context ends what waits for this connection.
  const auto stop = context::AfterFunc(
      ctx, [conn = *conn]() mutable { conn.SetDeadline(absl::InfinitePast()).IgnoreError(); });
  http::request<http::empty_body> request(http::verb::get, target, 11);
  request.set(http::field::host, address);
  request.set(http::field::connection, "close");
  boost::system::error_code error;
  http::write(*conn, request, error);
  boost::beast::flat_buffer buffer;
  Response response;
  if (!error) http::read(*conn, buffer, response, error);
  stop();
  if (!error) return response;
  return ctx.Err().ok() ? absl::UnavailableError(error.message()) : ctx.Err();
}

class Scraper {
 public:
  Scraper(std::string address, absl::Duration interval, absl::Duration timeout)
      : address_(std::move(address)),
        limiter_(muster::rate::Every(interval), 1),
        timeout_(timeout) {}

  // All pages that can be reached from "/", by their targets.
  std::map<std::string, Page> Run(const context::Context& ctx, int workers) {
    auto targets = muster::MakeChan<std::string>();
    auto pages = muster::MakeChan<Page>();
    muster::WaitGroup pool;
    for (int i = 0; i < workers; ++i) {
      pool.Go([=, this] { Work(ctx, targets, pages); });
    }
    std::map<std::string, Page> found = Coordinate(targets, pages);
    targets.Close();
    pool.Wait();
    return found;
  }

 private:
  // Hands out what has been seen and not been asked for, and takes what the workers have found. It
  // never waits for one of the two alone: the workers might wait for the other.
  std::map<std::string, Page> Coordinate(const muster::Chan<std::string>& targets,
                                         const muster::Chan<Page>& pages) {
    std::map<std::string, Page> found;
    std::set<std::string> seen = {"/"};
    std::deque<std::string> waiting = {"/"};
    while (found.size() < seen.size()) {
      // A nil channel takes nothing: without a target to hand out there is only the other case.
      const auto out = waiting.empty() ? muster::Chan<std::string>() : targets;
      const std::string next = waiting.empty() ? "" : waiting.front();
      muster::Select(muster::OnSend(out, next, [&] { waiting.pop_front(); }),
                     muster::OnRecv(pages, [&](std::optional<Page> received) {
                       Page page = std::move(received).value();
                       for (const std::string& link : page.links) {
                         if (seen.insert(link).second) waiting.push_back(link);
                       }
                       found.emplace(page.target, std::move(page));
                     }));
    }
    return found;
  }

  void Work(const context::Context& ctx, const muster::RecvChan<std::string>& targets,
            const muster::SendChan<Page>& pages) {
    for (const std::string& target : targets) pages.Send(Visit(ctx, target));
  }

  Page Visit(const context::Context& ctx, const std::string& target) {
    Page page = {target, "gave up", {}};
    // The rate limit, which all workers share: whoever comes first is first to go on.
    if (!limiter_.Wait(ctx).ok()) return page;
    const auto [limited, cancel] = context::WithTimeout(ctx, timeout_);
    const absl::StatusOr<Response> response = Fetch(limited, address_, target);
    cancel();
    if (!response.ok()) {
      page.outcome = std::string(response.status().message());
      return page;
    }
    page.outcome = absl::StrCat(response->result_int());
    page.links = LinksOf(response->body());
    return page;
  }

  const std::string address_;
  muster::rate::Limiter limiter_;
  const absl::Duration timeout_;
};

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: scraper ADDRESS WORKERS INTERVAL_MS TIMEOUT_MS\n");
    return 2;
  }
  return muster::Run([&] {
    Scraper scraper(argv[1], absl::Milliseconds(std::atoi(argv[3])),
                    absl::Milliseconds(std::atoi(argv[4])));
    const auto [ctx, stop] =
        muster::os::signal::NotifyContext(context::Background(), {SIGINT, SIGTERM});
    for (const auto& [target, page] : scraper.Run(ctx, std::atoi(argv[2]))) {
      std::printf("%s: %s\n", target.c_str(), page.outcome.c_str());
    }
    stop();
    return 0;
  });
}
