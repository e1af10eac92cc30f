// singleflight::Group, against what Go's golang.org/x/sync/singleflight says and does.
#include "muster/singleflight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/synctest.h"
#include "tests/runtime/death.h"

namespace muster::singleflight {
namespace {

using IntGroup = Group<int>;

TEST(Singleflight, DoGivesWhatTheFunctionReturns) {
  IntGroup group;
  const auto [value, shared] = group.Do("key", [] { return 7; });
  EXPECT_EQ(*value, 7);
  EXPECT_FALSE(shared);
}

TEST(Singleflight, DoGivesErrorsToo) {
  IntGroup group;
  const auto result =
      group.Do("key", []() -> absl::StatusOr<int> { return absl::NotFoundError("no"); });
  EXPECT_EQ(result.value.status(), absl::NotFoundError("no"));
}

TEST(Singleflight, CallsOneAfterTheOtherAreMadeEach) {
  IntGroup group;
  int calls = 0;
  for (int i = 0; i < 3; ++i) (void)group.Do("key", [&] { return ++calls; });
  EXPECT_EQ(calls, 3);
}

// Calls `ask` in goroutines of its own, `count` times, while a call of group.Do is under way, which
// then calls `end`.
template <typename Ask, typename End>
void WhileUnderWay(IntGroup& group, int count, Ask ask, End end) {
  synctest::Run([&] {
    auto go_on = MakeChan<int>();
    WaitGroup wg;
    wg.Go([&] {
      try {
        (void)group.Do("key", [&]() -> absl::StatusOr<int> {
          go_on.Recv();
          return end();
        });
      } catch (const std::runtime_error&) {
      }
    });
    synctest::Wait();
    for (int i = 0; i < count; ++i) wg.Go(ask);
    synctest::Wait();
    go_on.Send(1);
    wg.Wait();
  });
}

TEST(Singleflight, ThoseWhoAskMeanwhileShareTheOneCall) {
  IntGroup group;
  std::atomic<int> shared{0};
  WhileUnderWay(
      group, 5,
      [&] {
        const auto result = group.Do("key", [] { return 0; });
        EXPECT_EQ(*result.value, 7);
        shared += result.shared ? 1 : 0;
      },
      [] { return 7; });
  EXPECT_EQ(shared, 5);
}

TEST(Singleflight, OtherKeysAreOtherCalls) {
  IntGroup group;
  WhileUnderWay(
      group, 1, [&] { EXPECT_EQ(*group.Do("other", [] { return 1; }).value, 1); },
      [] { return 7; });
}

TEST(Singleflight, AnExceptionIsThrownInEveryDo) {
  IntGroup group;
  std::atomic<int> thrown{0};
  WhileUnderWay(
      group, 3,
      [&] {
        try {
          (void)group.Do("key", [] { return 0; });
        } catch (const std::runtime_error& error) {
          EXPECT_STREQ(error.what(), "broken");
          ++thrown;
        }
      },
      []() -> int { throw std::runtime_error("broken"); });
  EXPECT_EQ(thrown, 3);
  EXPECT_EQ(*group.Do("key", [] { return 1; }).value, 1);
}

TEST(Singleflight, GoexitEndsEveryDo) {
  IntGroup group;
  std::atomic<int> ended{0}, returned{0};
  WhileUnderWay(
      group, 3,
      [&] {
        struct AtEnd {
          std::atomic<int>* count;
          ~AtEnd() { ++*count; }
        } at_end{&ended};
        (void)group.Do("key", [] { return 0; });
        ++returned;
      },
      []() -> int { runtime::Goexit(); });
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(returned, 0);
}

TEST(SingleflightDoChan, SendsTheResult) {
  muster::Run([] {
    IntGroup group;
    const auto answer = group.DoChan("key", [] { return 7; });
    const auto result = answer.Recv();
    EXPECT_EQ(*result->value, 7);
    EXPECT_FALSE(result->shared);
  });
}

TEST(SingleflightDoChan, JoinsACallThatIsUnderWay) {
  IntGroup group;
  WhileUnderWay(
      group, 2,
      [&] {
        const auto result = group.DoChan("key", [] { return 0; }).Recv();
        EXPECT_EQ(*result->value, 7);
        EXPECT_TRUE(result->shared);
      },
      [] { return 7; });
}

TEST(SingleflightForget, MakesTheNextCallANewOne) {
  IntGroup group;
  WhileUnderWay(
      group, 1,
      [&] {
        group.Forget("key");
        const auto result = group.Do("key", [] { return 1; });
        EXPECT_EQ(*result.value, 1);
        EXPECT_FALSE(result.shared);
      },
      [] { return 7; });
}

// The end of a call that was forgotten does not take the one out that has its key now.
TEST(SingleflightForget, TheForgottenCallLeavesItsSuccessorAlone) {
  synctest::Run([] {
    IntGroup group;
    auto old_one = MakeChan<int>(), new_one = MakeChan<int>();
    WaitGroup wg;
    wg.Go([&] { (void)group.Do("key", [&] { return *old_one.Recv(); }); });
    synctest::Wait();
    group.Forget("key");
    wg.Go([&] { (void)group.Do("key", [&] { return *new_one.Recv(); }); });
    synctest::Wait();
    old_one.Send(1);
    synctest::Wait();
    wg.Go([&] { EXPECT_EQ(*group.Do("key", [] { return 3; }).value, 2); });
    synctest::Wait();
    new_one.Send(2);
    wg.Wait();
  });
}

using SingleflightDeath = testing::Death;

TEST_F(SingleflightDeath, AnExceptionThatDoChanCannotTellOfEndsTheProcess) {
  EXPECT_EXIT(muster::Run([] {
                IntGroup group;
                group.DoChan("key", []() -> int { throw std::runtime_error("broken"); }).Recv();
              }),
              ::testing::ExitedWithCode(2), "panic: std::runtime_error: broken");
}

TEST(SingleflightStress, NoTwoCallsOfOneKeyAtATime) {
  muster::Run([] {
    Group<int, int> group;
    std::atomic<int> under_way{0};
    WaitGroup wg;
    for (int g = 0; g < 16; ++g) {
      wg.Go([&] {
        for (int i = 0; i < 50; ++i) {
          const auto result = group.Do(1, [&] {
            EXPECT_EQ(++under_way, 1);
            runtime::Gosched();
            --under_way;
            return i;
          });
          EXPECT_TRUE(result.value.ok());
        }
      });
    }
    wg.Wait();
  });
}

}  // namespace
}  // namespace muster::singleflight
