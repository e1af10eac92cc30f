// What a switch keeps of the CPU's state besides what exceptions and errno need.
#include "runtime/sched/context.h"

#include <cfenv>

#include "gtest/gtest.h"
#include "muster/muster.h"

namespace muster {
namespace {

TEST(Switch, LeavesEachGoroutineItsRoundingMode) {
  muster::Run([] {
    const Chan<int> there = MakeChan<int>(), back = MakeChan<int>();
    Go([=] {
      ASSERT_EQ(std::fesetround(FE_DOWNWARD), 0);
      for (const int turn : there) {
        EXPECT_EQ(std::fegetround(), FE_DOWNWARD);
        back.Send(turn);
      }
      back.Close();
    });
    ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
    for (int turn = 0; turn < 3; ++turn) {
      there.Send(turn);
      EXPECT_EQ(back.Recv(), turn);
      EXPECT_EQ(std::fegetround(), FE_UPWARD);
    }
    there.Close();
    EXPECT_EQ(back.Recv(), std::nullopt);
    EXPECT_EQ(std::fegetround(), FE_UPWARD);
  });
}

TEST(Switch, GivesANewGoroutineTheRoundingModeOfWhoStartsIt) {
  muster::Run([] {
    const Chan<int> mode = MakeChan<int>(1);
    ASSERT_EQ(std::fesetround(FE_TOWARDZERO), 0);
    Go([=] { mode.Send(std::fegetround()); });
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(mode.Recv(), FE_TOWARDZERO);
    EXPECT_EQ(std::fegetround(), FE_TONEAREST);
  });
}

#ifndef MUSTER_SANITIZED  // sanitizers follow the stacks of goroutines, not a stack of our own
struct Echo {
  int heard = 0;
};

[[noreturn]] void RunEcho(sched::Switched from) {
  for (;;) {
    auto* const echo = static_cast<Echo*>(from.data);
    ++echo->heard;
    from = sched::SwitchContext(from.context, echo);
  }
}

TEST(Context, ReturnsWhoHasLeftAndWhatItHasToSay) {
  alignas(16) static unsigned char stack[64 << 10];
  Echo echo;
  void* context = sched::MakeContext(reinterpret_cast<uintptr_t>(stack + sizeof(stack)), &RunEcho);
  for (int turn = 1; turn <= 3; ++turn) {
    const sched::Switched back = sched::SwitchContext(context, &echo);
    EXPECT_EQ(back.data, &echo);
    EXPECT_EQ(echo.heard, turn);
    EXPECT_GE(back.context, stack);
    EXPECT_LT(back.context, stack + sizeof(stack));
    context = back.context;
  }
}
#endif

}  // namespace
}  // namespace muster
