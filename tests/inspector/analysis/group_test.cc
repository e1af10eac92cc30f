#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(GroupGoroutines, PutsEqualStacksTogetherWhateverTheirLabels) {
  Planted p;
  const StackId stack = p.Stack({"Work@work.cc:1"});
  for (uint64_t id : {9, 5, 7}) {
    p.Receives(id, id).stack = stack;
    p.last().wait_ns = static_cast<int64_t>(id) * kSecond;
    p.last().labels = {{"k", std::to_string(id)}};
  }
  const auto groups = GroupGoroutines(p.snapshot);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].count, 3u);
  EXPECT_EQ(groups[0].status, "chan receive");
  EXPECT_THAT(groups[0].ids, ElementsAre(5u, 7u, 9u));
  EXPECT_TRUE(groups[0].has_wait);
  EXPECT_EQ(groups[0].wait_min_ns, 5 * kSecond);
  EXPECT_EQ(groups[0].wait_median_ns, 7 * kSecond);
  EXPECT_EQ(groups[0].wait_max_ns, 9 * kSecond);
}

TEST(GroupGoroutines, KeepsStatesAndCreatorsApart) {
  Planted p;
  const StackId stack = p.Stack({"Work@work.cc:1"});
  p.Receives(1, 1).stack = stack;
  p.Sends(2, 1).stack = stack;
  p.Sends(3, 1).stack = stack;
  p.last().creation_stack = p.Stack({"Other@other.cc:1"});
  EXPECT_EQ(GroupGoroutines(p.snapshot).size(), 3u);
}

TEST(GroupGoroutines, OrdersBySizeThenByFirstId) {
  Planted p;
  const StackId pair = p.Stack({"Pair@work.cc:1"});
  p.Running(8);
  p.Running(3);
  p.Receives(20, 1).stack = pair;
  p.Receives(21, 1).stack = pair;
  const auto groups = GroupGoroutines(p.snapshot);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_THAT(groups[0].ids, ElementsAre(20u, 21u));
  EXPECT_THAT(groups[1].ids, ElementsAre(3u));
  EXPECT_THAT(groups[2].ids, ElementsAre(8u));
  EXPECT_FALSE(groups[1].has_wait);
}

TEST(GroupGoroutines, CountsWhatAnEntryStandsFor) {
  Snapshot snapshot;
  snapshot.goroutines.resize(2);
  snapshot.goroutines[0].count = 40;
  snapshot.goroutines[0].wait_ns = 1;
  snapshot.goroutines[1].count = 2;
  snapshot.goroutines[1].wait_ns = 100;
  const auto groups = GroupGoroutines(snapshot);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].count, 42u);
  EXPECT_EQ(groups[0].wait_median_ns, 1);
  EXPECT_THAT(groups[0].ids, IsEmpty());
}

TEST(GroupGoroutines, LeavesThreadsOut) {
  Planted p;
  p.Thread(100, State::kRunning);
  EXPECT_THAT(GroupGoroutines(p.snapshot), IsEmpty());
}

}  // namespace
}  // namespace muster::inspector
