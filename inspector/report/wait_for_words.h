// How every form of the wait-for graph names its nodes.
#ifndef MUSTER_INSPECTOR_REPORT_WAIT_FOR_WORDS_H_
#define MUSTER_INSPECTOR_REPORT_WAIT_FOR_WORDS_H_

#include <string>
#include <vector>

#include "inspector/analysis/words.h"
#include "muster/inspector/wait_for.h"

namespace muster::inspector::report {

// "goroutine 7", "goroutines 7, 8 and 9", "sync.Mutex 0xc000".
std::string NodeName(const WaitFor::Node& node, const analysis::Words& words);
// "[chan send, 3.1s] at app.cc:12" of goroutines, "1 of 4 buffered" of objects; "" for nothing.
std::string NodeDetail(const WaitFor::Node& node, const analysis::Words& words);
// "lock", "held by, since app.cc:12".
std::string EdgeName(const WaitFor::Edge& edge, const analysis::Words& words);

// "goroutine 7 -> sync.Mutex 0xc0 -> goroutine 9 -> ... -> goroutine 7".
std::string CycleText(const WaitFor& graph, const std::vector<uint32_t>& cycle,
                      const analysis::Words& words);

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_WAIT_FOR_WORDS_H_
