// What the endpoint answers: a request's method and target to a status and a body.
#ifndef MUSTER_INSPECTOR_ENDPOINT_ROUTES_H_
#define MUSTER_INSPECTOR_ENDPOINT_ROUTES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::inspector {

struct Reply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A one-line answer that says what is wrong.
Reply ErrorReply(unsigned status, std::string_view message);

// RouteRequest answers GET and HEAD, the body included in both; it takes the snapshot when one is
// asked for.
Reply RouteRequest(std::string_view method, std::string_view target);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_ROUTES_H_
