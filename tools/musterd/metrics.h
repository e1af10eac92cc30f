// The state of the fleet in Prometheus' text exposition format, version 0.0.4.
#ifndef TOOLS_MUSTERD_METRICS_H_
#define TOOLS_MUSTERD_METRICS_H_

#include <string>
#include <string_view>

#include "tools/musterd/fleet.h"

namespace muster::musterd {

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// RenderMetrics writes every family with its HELP and TYPE, families and series in a fixed order.
// A process that has ended or did not answer has muster_up 0 and no counts of goroutines: the last
// ones may no longer be true.
std::string RenderMetrics(const FleetState& state, std::string_view version);

// A label's value as the format wants it: backslash, quote and line end escaped, bytes that are no
// UTF-8 replaced by U+FFFD.
std::string EscapeLabel(std::string_view value);

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_METRICS_H_
