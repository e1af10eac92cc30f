// Run with MUSTER_STACK_SIZE=4194304: stacks of more pages than are given back in one go.
#include <gtest/gtest.h>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/sync.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/scavenger.h"
#include "tests/runtime/stack/deep_stack.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using testing::ResidentPages;

constexpr int kDeep = 700;
static_assert(kDeep > 5 * stack::kPagesPerHold);

TEST(ScavengerLargeStack, ShrinksItPieceByPiece) {
  ASSERT_GT(stack::SlotSize(), (kDeep + 100) * stack::kPageSize);
  muster::Run([] {
    auto gate = MakeChan<int>();
    WaitGroup done;
    done.Add(1);
    const sched::G* diver = nullptr;
    int intact = 0;
    Go([&, gate] {
      diver = sched::Self();
      intact = testing::UnderFrames(10, [&] {
        testing::GoDeep(kDeep);
        gate.Recv();
      });
      done.Done();
    });
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive);
    EXPECT_GE(ResidentPages(diver), kDeep);
    stack::ScavengeRound();
    stack::ScavengeRound();
    EXPECT_LT(ResidentPages(diver), 10);
    gate.Close();
    done.Wait();
    EXPECT_EQ(intact, 10);
  });
}

}  // namespace
}  // namespace muster
