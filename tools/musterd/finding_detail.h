// The parts of a finding that are lists, as one JSON column.
#ifndef TOOLS_MUSTERD_FINDING_DETAIL_H_
#define TOOLS_MUSTERD_FINDING_DETAIL_H_

#include <string>

#include "muster/inspector/model.h"

namespace muster::musterd {

// A JSON object with `goroutines` (ids), `objects` (addresses as "0x...") and `actors`.
std::string DetailJson(const inspector::Finding& finding);

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_FINDING_DETAIL_H_
