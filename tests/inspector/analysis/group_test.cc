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

TEST(GroupGoroutines, PutsEqualLinesTogetherWhateverTheirArgumentsAndAddresses) {
  Planted p;
  for (uint64_t id = 1; id <= 3; ++id) {
    Goroutine& g = p.Receives(id, 0);
    g.stack = p.Stack({"main.serve@main.go:" + std::to_string(id == 3 ? 11 : 10), "main.main"});
    Stack own = p.snapshot.stacks[g.stack];
    Frame frame = p.snapshot.frames[own.frames[0]];
    g.arguments = "0xc00000" + std::to_string(id);
    frame.pc = 0x1000 + id;
    own.frames[0] = static_cast<FrameId>(p.snapshot.frames.size());
    p.snapshot.frames.push_back(frame);
    g.stack = static_cast<StackId>(p.snapshot.stacks.size());
    p.snapshot.stacks.push_back(own);
  }
  const auto groups = GroupGoroutines(p.snapshot);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_THAT(groups[0].ids, ElementsAre(1u, 2u));
  EXPECT_THAT(groups[1].ids, ElementsAre(3u));
}

TEST(GroupGoroutines, KeepsTheFirstFewLabels) {
  Planted p;
  for (uint64_t id = 1; id <= 5; ++id) {
    Goroutine& g = p.Receives(id, 0);
    g.stack = p.Stack({"main.serve@main.go:10"});
    g.labels = {{"request", std::to_string(id / 2)}};
  }
  const auto groups = GroupGoroutines(p.snapshot);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_THAT(groups[0].labels, ElementsAre(Labels{{"request", "0"}}, Labels{{"request", "1"}},
                                            Labels{{"request", "2"}}));
  EXPECT_FALSE(groups[0].more_labels);
  p.Receives(6, 0).stack = p.Stack({"main.serve@main.go:10"});
  p.last().labels = {{"request", "9"}};
  EXPECT_TRUE(GroupGoroutines(p.snapshot)[0].more_labels);
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
