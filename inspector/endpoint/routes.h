// What the endpoint answers: a request's method and target to a status and a body.
#ifndef MUSTER_INSPECTOR_ENDPOINT_ROUTES_H_
#define MUSTER_INSPECTOR_ENDPOINT_ROUTES_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inspector/capture/self_dump.h"

namespace muster::inspector {

struct Reply {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::unique_ptr<SelfDump> rest;  // what follows `body`, made while it is sent; may be null
};

// A one-line answer that says what is wrong.
Reply ErrorReply(unsigned status, std::string_view message);

// Route answers GET and HEAD, the body included in both. A grouped dump is taken at once; that of
// one goroutine after the other is `rest`.
Reply Route(std::string_view method, std::string_view target);

// The same with all of it in `body`.
Reply RouteRequest(std::string_view method, std::string_view target);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_ENDPOINT_ROUTES_H_
