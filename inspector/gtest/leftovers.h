// Leftovers: the goroutines that a test has started and not ended.
#ifndef INSPECTOR_GTEST_LEFTOVERS_H_
#define INSPECTOR_GTEST_LEFTOVERS_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "muster/inspector/model.h"

namespace muster::inspector::gtest {

inline constexpr char kTestLabel[] = "test";

// The ids of the live goroutines labelled with `test`, but for those in `known`. Walks no stack.
std::set<uint64_t> FindLeftovers(const std::string& test, const std::set<uint64_t>& known);

// Waits until there are none, or until `limit` has passed; returns what is left then.
std::set<uint64_t> AwaitLeftovers(const std::string& test, const std::set<uint64_t>& known,
                                  absl::Duration limit);

// A report for people on what `test` has left in `snapshot`, goroutines in `known` left out: every
// finding on them, with state, wait, stack and creation stack. "" if it has left nothing. `*ids`
// receives their ids.
std::string DescribeLeftovers(Snapshot snapshot, const std::string& test,
                              const std::set<uint64_t>& known, std::set<uint64_t>* ids);

}  // namespace muster::inspector::gtest

#endif  // INSPECTOR_GTEST_LEFTOVERS_H_
