#include <gtest/gtest.h>

#include <cstdio>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/gtest/leftovers.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/gtest.h"
#include "muster/runtime.h"

namespace muster::inspector {
namespace {

using gtest::kTestLabel;

// Why the running test may leave goroutines behind; "" when it may not. AllowLeaks may be called by
// a goroutine, hence the mutex, which nobody holds for more than a copy.
struct Permission {
  std::mutex mutex;
  std::string reason;
  static Permission& Get() {
    static Permission* const permission = new Permission;
    return *permission;
  }
};

std::string TakePermission() {
  Permission& permission = Permission::Get();
  const std::lock_guard lock(permission.mutex);
  return std::exchange(permission.reason, "");
}

class LeakGate : public ::testing::EmptyTestEventListener {
 public:
  explicit LeakGate(const LeakGateOptions& options) : options_(options) {}

  void OnTestStart(const ::testing::TestInfo& info) override {
    TakePermission();
    runtime::SetLabel(kTestLabel, NameOf(info));
  }

  // The result printer hears of the end of a test after the listeners that were appended, so a
  // failure that is added here is counted and printed as the test's own.
  void OnTestEnd(const ::testing::TestInfo& info) override {
    runtime::SetLabel(kTestLabel, "");
    const std::string test = NameOf(info);
    const std::string permission = TakePermission();
    // A test that may leave some is not waited for.
    const absl::Duration limit = permission.empty() ? options_.settle : absl::ZeroDuration();
    if (gtest::AwaitLeftovers(test, known_, limit).empty()) {
      if (!permission.empty()) Say(test, "has leave to leak and left nothing", permission);
      return;
    }
    std::set<uint64_t> ids;
    const std::string report = gtest::DescribeLeftovers(CaptureSelf(), test, known_, &ids);
    if (ids.empty()) return;  // They have just ended.
    known_.insert(ids.begin(), ids.end());
    if (permission.empty()) {
      ADD_FAILURE_AT(info.file(), info.line()) << report;
    } else {
      Say(test, absl::StrCat("left ", ids.size(), " behind and has leave to"), permission);
    }
  }

 private:
  static std::string NameOf(const ::testing::TestInfo& info) {
    return absl::StrCat(info.test_suite_name(), ".", info.name());
  }
  static void Say(const std::string& test, const std::string& what, const std::string& reason) {
    std::printf("leak gate: %s %s: %s\n", test.c_str(), what.c_str(), reason.c_str());
    std::fflush(stdout);
  }

  LeakGateOptions options_;
  std::set<uint64_t> known_;  // left by earlier tests, which were told
};

}  // namespace

void InstallLeakGate(const LeakGateOptions& options) {
  static bool installed = false;
  if (std::exchange(installed, true)) {
    throw std::logic_error("muster::inspector::InstallLeakGate was called twice");
  }
  ::testing::UnitTest::GetInstance()->listeners().Append(new LeakGate(options));
}

void AllowLeaks(std::string_view reason) {
  if (reason.empty()) throw std::invalid_argument("AllowLeaks needs a reason");
  Permission& permission = Permission::Get();
  const std::lock_guard lock(permission.mutex);
  permission.reason = std::string(reason);
}

}  // namespace muster::inspector
