#include "inspector/capture/url.h"

// Boost.URL's library is not packaged apart: this is the one place that compiles it.
#include <boost/url/src.hpp>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace muster::inspector {
namespace {

std::string ToString(boost::core::string_view text) { return {text.data(), text.size()}; }

bool IsPort(const std::string& text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  return parsed.ec == std::errc() && parsed.ptr == end && port != 0;
}

}  // namespace

absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(url.data(), url.size()));
  const std::string shown(url);
  if (!parsed) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": is not a URL; write http://HOST:PORT or http://HOST:PORT/PATH"));
  }
  if (parsed->scheme() != "http") {
    return absl::InvalidArgumentError(absl::StrCat(
        shown, ": only http:// is read; for others pipe the dump in: curl URL | gprof-dump -"));
  }
  if (parsed->has_userinfo()) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": passwords are not sent; pipe the dump in: curl URL | gprof-dump -"));
  }
  HttpUrl result;
  result.host = parsed->host_address();
  result.port = parsed->has_port() ? ToString(parsed->port()) : "80";
  result.authority = ToString(parsed->encoded_host_and_port());
  if (result.host.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": names no host; write http://HOST:PORT"));
  }
  result.target = ToString(parsed->encoded_resource());
  // Boost 1.81 takes "host:port/" for a host with an empty port and the path "port/".
  const bool is_cut = !result.target.empty() && result.target[0] != '/' && result.target[0] != '?';
  if (is_cut || !IsPort(result.port)) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown, ": the port is no number from 1 to 65535; write http://HOST:PORT"));
  }
  return result;
}

absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view target) {
  const auto parsed =
      boost::urls::parse_origin_form(boost::core::string_view(target.data(), target.size()));
  if (!parsed) return absl::InvalidArgumentError("the request's target is not a path");
  RequestTarget result;
  result.path = parsed->path();
  for (const auto& param : parsed->params()) result.query[param.key] = param.value;
  return result;
}

}  // namespace muster::inspector
