// Two tests: one that the leak gate of muster::gtest_main passes, and one that it must fail.
#include "gtest/gtest.h"
#include "muster/muster.h"

TEST(Gated, WaitsForItsGoroutine) {
  auto done = muster::MakeChan<int>();
  muster::Go([done] { done.Send(42); });
  EXPECT_EQ(done.Recv(), 42);
}

TEST(Gated, LeavesAGoroutineBehind) {
  muster::Go([never = muster::MakeChan<int>()] { never.Recv(); });
}
