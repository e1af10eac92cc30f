// A GET request over a Unix socket or TCP.
#ifndef MUSTER_INSPECTOR_CAPTURE_HTTP_CLIENT_H_
#define MUSTER_INSPECTOR_CAPTURE_HTTP_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "inspector/capture/url.h"

namespace muster::inspector {

struct UnixAddress {
  std::string path;
};

// Who to ask: a Unix socket, or the host and port of a URL.
using HttpPeer = std::variant<UnixAddress, HttpUrl>;

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// The largest body that is read; a wire dump of a million goroutines takes a tenth of it.
inline constexpr uint64_t kMaxBody = uint64_t{4} << 30;

// How long a peer may send nothing.
inline constexpr std::chrono::milliseconds kHttpPatience{10'000};

// HttpGet asks `peer` for `target`. It waits as long as bytes come, and gives up after `patience`
// without any. NotFound: no such socket or host; Unavailable: refused, denied, timed out, cut;
// InvalidArgument: what came is not HTTP, or too large. Any status code is an answer.
absl::StatusOr<HttpAnswer> HttpGet(const HttpPeer& peer, const std::string& target,
                                   std::chrono::milliseconds patience = kHttpPatience);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_HTTP_CLIENT_H_
