// URLs, as far as the client and the endpoint need them.
#ifndef MUSTER_INSPECTOR_CAPTURE_URL_H_
#define MUSTER_INSPECTOR_CAPTURE_URL_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace muster::inspector {

struct HttpUrl {
  std::string host;       // a name, or an address without brackets
  std::string port;       // "80" by default
  std::string authority;  // for the Host header
  std::string target;     // path and query, still encoded; "" when the URL has neither
};

// ParseHttpUrl takes http:// only; the error says what to write instead.
absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view url);

struct RequestTarget {
  std::string path;                          // decoded
  std::map<std::string, std::string> query;  // decoded; the last one wins
};

// ParseRequestTarget reads the target of a request line, "/path?key=value".
absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view target);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_URL_H_
