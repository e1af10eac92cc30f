// The routes of musterd: a request in, an answer out. The sockets are the endpoint's Server's.
#ifndef TOOLS_MUSTERD_ROUTES_H_
#define TOOLS_MUSTERD_ROUTES_H_

#include <string_view>

#include "inspector/capture/url.h"
#include "inspector/endpoint/routes.h"
#include "tools/musterd/fleet.h"
#include "tools/musterd/store.h"

namespace muster::musterd {

class Routes {
 public:
  Routes(Store* store, const Fleet* fleet) : store_(store), fleet_(fleet) {}

  // Answers GET and HEAD, the body included in both.
  inspector::Reply Answer(std::string_view method, std::string_view target) const;

 private:
  inspector::Reply Targets() const;
  inspector::Reply Findings(const inspector::RequestTarget& request) const;
  inspector::Reply History(const inspector::RequestTarget& request) const;
  inspector::Reply Metrics() const;
  inspector::Reply Health() const;

  Store* const store_;
  const Fleet* const fleet_;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_ROUTES_H_
