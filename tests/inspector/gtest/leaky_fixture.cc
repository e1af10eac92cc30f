// Tests of which many are expected to fail under the leak gate; leak_gate_test.cc says which.
#include <gtest/gtest.h>

#include <atomic>

#include "muster/inspector/gtest.h"
#include "muster/muster.h"
#include "tests/runtime/wait_until.h"

namespace {

void WaitForNobody() { muster::MakeChan<int>().Recv(); }

TEST(Leak, OneReceiver) { muster::Go(WaitForNobody); }

TEST(Leak, StartedInsideRun) {
  muster::Run([] { muster::Go([] { muster::Go(WaitForNobody); }); });
}

TEST(Leak, Three) {
  for (int i = 0; i < 2; ++i) muster::Go(WaitForNobody);
  muster::Go([] { muster::MakeChan<int>().Send(1); });
}

TEST(Leak, LockCycle) {
  static muster::Mutex first, second;
  static muster::WaitGroup both;
  both.Add(2);
  const auto lock = [](muster::Mutex* one, muster::Mutex* other) {
    one->Lock();
    both.Done();
    both.Wait();
    other->Lock();
  };
  muster::Go(lock, &first, &second);
  muster::Go(lock, &second, &first);
  // Who waits for whom is judged once the waits have lasted a while: not much less than the gate
  // waits.
  muster::testing::WaitUntilCountParked(2, muster::record::WaitReason::kMutexLock);
}

TEST(Leak, Spinner) {
  static std::atomic<bool> stop{false};
  muster::Go([] {
    while (!stop.load(std::memory_order_relaxed)) muster::runtime::Gosched();
  });
}

TEST(Leak, OfATestThatFailsAnyway) {
  muster::Go(WaitForNobody);
  EXPECT_EQ(1 + 1, 3) << "for another reason";
}

TEST(Leak, OfATestThatIsSkipped) {
  muster::Go(WaitForNobody);
  GTEST_SKIP() << "half way";
}

TEST(NoLeak, ButFails) { EXPECT_EQ(1 + 1, 3) << "for another reason"; }

TEST(NoLeak, ButSkipped) { GTEST_SKIP() << "at once"; }

// ---- what others have started is not blamed on a test

TEST(Neighbour, Leaves) { muster::Go(WaitForNobody); }
TEST(Neighbour, IsClean) {
  muster::Run([] { EXPECT_GE(muster::runtime::NumGoroutine(), 1); });
}

class WithBackground : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { muster::Go(WaitForNobody); }
};
TEST_F(WithBackground, IsClean) {}
TEST_F(WithBackground, IsCleanToo) {
  muster::Run([] {});
}

// ---- names of parameterised tests

class Numbered : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Instance, Numbered, ::testing::Values(10, 11, 12));
TEST_P(Numbered, OnlyElevenLeaks) {
  if (GetParam() == 11) muster::Go(WaitForNobody);
}

// ---- leave to leak

TEST(Allowed, Leaves) {
  muster::inspector::AllowLeaks("the janitor lives as long as the process");
  muster::Go(WaitForNobody);
}
TEST(Allowed, LeavesNothing) { muster::inspector::AllowLeaks("it may happen"); }
TEST(Allowed, IsForOneTestOnly) { muster::Go(WaitForNobody); }

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  // Most of these tests leak for good, so there is nothing to wait for.
  muster::inspector::InstallLeakGate({.settle = absl::Milliseconds(200)});
  return RUN_ALL_TESTS();
}
