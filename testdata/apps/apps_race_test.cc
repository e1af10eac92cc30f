// The racing half of the table of testdata/apps: TSan builds only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ostream>
#include <string>

#include "tools/muster-stress/runner.h"

namespace {

using muster::stress::RunOnce;
using muster::stress::RunResult;
using ::testing::HasSubstr;

struct Row {
  const char* name;
  const char* races;  // a function of the report; nullptr: healthy
};

const Row kTable[] = {
    {"racy_counter", "CountVisits"},
    {"mutex_counter", nullptr},
    {"captured_loop_variable", "PrintAll"},
    {"captured_by_value", nullptr},
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class RacyApps : public ::testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(Table, RacyApps, ::testing::ValuesIn(kTable),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(RacyApps, AreJudgedByMusterStress) {
  const std::atomic<bool> go_on{false};
  const RunResult result = RunOnce({.command = {MUSTER_STRESS_BIN, "--runs", "5", "--seed", "1",
                                                "--", std::string(APPS_DIR "/") + GetParam().name},
                                    .environment = {},
                                    .timeout = {}},
                                   go_on);
  EXPECT_EQ(result.exit_code, GetParam().races == nullptr ? 0 : 1) << result.output;
  if (GetParam().races != nullptr) {
    EXPECT_THAT(result.output, HasSubstr(GetParam().races));
    // Every run shows it, whatever its schedule.
    EXPECT_THAT(result.output, HasSubstr("in 5 of 5 runs"));
    EXPECT_THAT(result.output, HasSubstr("'goroutine "));
  }
}

}  // namespace
