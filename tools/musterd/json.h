// What /targets, /findings and /history say, as JSON text.
#ifndef TOOLS_MUSTERD_JSON_H_
#define TOOLS_MUSTERD_JSON_H_

#include <string>
#include <vector>

#include "tools/musterd/store.h"

namespace muster::musterd {

std::string TargetsJson(const std::vector<StoredTarget>& targets);
std::string FindingsJson(const FindingPage& page);
std::string HistoryJson(int pid, const std::vector<StoredPoll>& polls);

// {"error": message}
std::string ErrorJson(const std::string& message);

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_JSON_H_
