// A leak gate for GoogleTest: a test that leaves goroutines behind fails, and is told which.
#ifndef MUSTER_INSPECTOR_GTEST_H_
#define MUSTER_INSPECTOR_GTEST_H_

#include <string_view>

#include "absl/time/time.h"

namespace muster::inspector {

struct LeakGateOptions {
  absl::Duration settle = absl::Seconds(2);  // how long goroutines that are about to end may take
};

// InstallLeakGate appends a listener to GoogleTest's unit test. It labels each test ("test" =
// "Suite.Name"); goroutines inherit the label; at the end of the test those that still carry it
// after the settling time are reported with state, wait, stack and creation stack, and fail it.
// Other tests' background goroutines carry other labels and are not blamed. Call it once, in main,
// before RUN_ALL_TESTS. Linking muster::gtest_main does so.
//
// Only goroutines that descend from the test's own thread inherit the label: what a std::thread of
// the test starts, or SetUpTestSuite or a global Environment starts, is nobody's.
void InstallLeakGate(const LeakGateOptions& options = {});

// AllowLeaks lets the test that is running leave goroutines behind; `reason`, which must not be
// empty, is printed with what was left. Call it from the test's body.
void AllowLeaks(std::string_view reason);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_GTEST_H_
