// What the views for programs have in common.
#ifndef MUSTER_INSPECTOR_REPORT_JSON_H_
#define MUSTER_INSPECTOR_REPORT_JSON_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "inspector/analysis/words.h"
#include "muster/inspector/analysis.h"
#include "muster/inspector/model.h"

namespace muster::inspector::report {

using Json = nlohmann::ordered_json;

// Addresses are strings: 64 bits do not fit the numbers of most JSON readers.
std::string JsonAddress(uint64_t address);

// {"function", "file", "line"}, what is not known left out; null for no frame.
Json JsonFrame(const Frame* frame);
// The frames of a stack, leaf first.
Json JsonStack(const Snapshot& snapshot, StackId stack);
// The frame that is the program's own, where it was created, state, wait, age, labels.
Json JsonGoroutine(const Goroutine& goroutine, const analysis::Words& words);
// Status, stacks, and how long its goroutines have waited; not how many they are.
Json JsonGroup(const Snapshot& snapshot, const Group& group);

// Prints `json`. Names and labels come from other programs and may be no UTF-8; what prints must
// not fail on them.
void PrintJson(const Json& json, std::ostream& out);

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_JSON_H_
