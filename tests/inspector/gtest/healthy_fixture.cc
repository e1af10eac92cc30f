// The healthy twins: whatever they start has ended, or is about to.
#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>

#include "muster/inspector/gtest.h"
#include "muster/muster.h"

namespace {

TEST(Healthy, StartsNothing) {}

TEST(Healthy, WaitsForWhatItStarts) {
  muster::WaitGroup group;
  const auto jobs = muster::MakeChan<int>();
  for (int i = 0; i < 3; ++i) {
    group.Go([jobs] {
      while (jobs.Recv()) {
      }
    });
  }
  for (int i = 0; i < 10; ++i) jobs.Send(i);
  jobs.Close();
  group.Wait();
}

TEST(Healthy, RunsAProgram) {
  const int sum = muster::Run([] {
    const auto answer = muster::MakeChan<int>();
    muster::Go([answer] { answer.Send(42); });
    return answer.Recv().value();
  });
  EXPECT_EQ(sum, 42);
}

// It ends after the test has, and well before the gate loses patience.
TEST(Healthy, EndsALittleLater) {
  muster::Go([] { muster::time::Sleep(absl::Milliseconds(50)); });
}

TEST(Healthy, LocksInOrder) {
  muster::Mutex first, second;
  muster::WaitGroup group;
  for (int i = 0; i < 2; ++i) {
    group.Go([&] {
      const std::scoped_lock lock(first);
      const std::scoped_lock inner(second);
    });
  }
  group.Wait();
}

TEST(HealthyDeathTest, ThreadSafeStyle) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(muster::Run([] { std::exit(7); }), ::testing::ExitedWithCode(7), "");
}

class HealthyNumbered : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Instance, HealthyNumbered, ::testing::Values(1, 2));
TEST_P(HealthyNumbered, Passes) {
  muster::WaitGroup group;
  for (int i = 0; i < GetParam(); ++i) group.Go([] { muster::runtime::Gosched(); });
  group.Wait();
}

}  // namespace
