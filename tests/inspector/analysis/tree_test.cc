// Who created whom.
#include "muster/inspector/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::Planted;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A goroutine that waits at `place`, created by `parent`.
void Add(Planted* planted, uint64_t id, uint64_t parent, const std::string& place) {
  Goroutine& goroutine = planted->Waiting(id, "chan receive");
  goroutine.parent_id = parent;
  goroutine.stack = planted->Stack({place});
}

TEST(CreationTree, ChildrenAreUnderTheirParents) {
  Planted planted;
  Add(&planted, 1, 0, "main@a.cc:1");
  Add(&planted, 2, 1, "Serve@a.cc:2");
  Add(&planted, 3, 2, "Read@a.cc:3");
  const CreationTree tree = BuildCreationTree(planted.snapshot);
  ASSERT_THAT(tree.roots, ElementsAre(0));
  ASSERT_THAT(tree.nodes, SizeIs(3));
  EXPECT_THAT(tree.nodes[0].children, ElementsAre(1));
  EXPECT_THAT(tree.nodes[1].ids, ElementsAre(2));
  EXPECT_THAT(tree.nodes[1].children, ElementsAre(2));
  EXPECT_EQ(tree.nodes[2].depth, 2u);
}

TEST(CreationTree, SiblingsThatLookAlikeDownToTheirChildrenAreOne) {
  Planted planted;
  Add(&planted, 1, 0, "main@a.cc:1");
  for (uint64_t id = 10; id < 40; id += 10) {
    Add(&planted, id, 1, "Serve@a.cc:2");
    Add(&planted, id + 1, id, "Read@a.cc:3");
  }
  Add(&planted, 50, 1, "Serve@a.cc:2");  // without a reader: it looks otherwise
  const CreationTree tree = BuildCreationTree(planted.snapshot);
  ASSERT_THAT(tree.nodes[0].children, SizeIs(2));
  const CreationTree::Node& servers = tree.nodes[tree.nodes[0].children[0]];
  EXPECT_THAT(servers.ids, ElementsAre(10, 20, 30));
  ASSERT_THAT(servers.children, SizeIs(1));
  EXPECT_THAT(tree.nodes[servers.children[0]].ids, ElementsAre(11, 21, 31));
  EXPECT_THAT(tree.nodes[tree.nodes[0].children[1]].ids, ElementsAre(50));
}

TEST(CreationTree, ParentsThatHaveEndedHoldTheirChildrenTogether) {
  Planted planted;
  Add(&planted, 1, 0, "main@a.cc:1");
  Add(&planted, 8, 7, "Read@a.cc:3");
  planted.last().ancestors = {7, 1};
  Add(&planted, 9, 7, "Write@a.cc:4");
  const CreationTree tree = BuildCreationTree(planted.snapshot);
  ASSERT_THAT(tree.roots, SizeIs(1));
  ASSERT_THAT(tree.nodes[0].children, SizeIs(1));
  const CreationTree::Node& ended = tree.nodes[tree.nodes[0].children[0]];
  EXPECT_EQ(ended.goroutine, nullptr);
  EXPECT_THAT(ended.ids, ElementsAre(7));
  EXPECT_THAT(ended.children, SizeIs(2));
}

TEST(CreationTree, DamagedParentsMakeNoCircle) {
  Planted planted;
  Add(&planted, 3, 4, "A@a.cc:1");
  Add(&planted, 4, 3, "B@a.cc:2");
  Add(&planted, 5, 5, "C@a.cc:3");
  const CreationTree tree = BuildCreationTree(planted.snapshot);
  EXPECT_THAT(tree.roots, SizeIs(2));  // 3 and 5; 4 is under 3
  EXPECT_THAT(tree.nodes, SizeIs(3));
}

TEST(CreationTree, DeepAsTheGoroutinesAreMany) {
  Planted planted;
  constexpr uint64_t kDeep = 100'000;
  const StackId stack = planted.Stack({"Next@a.cc:1"});
  for (uint64_t id = 1; id <= kDeep; ++id) {
    Goroutine goroutine;
    goroutine.id = id;
    goroutine.parent_id = id - 1;
    goroutine.stack = stack;
    planted.snapshot.goroutines.push_back(std::move(goroutine));
  }
  const CreationTree tree = BuildCreationTree(planted.snapshot);
  ASSERT_THAT(tree.nodes, SizeIs(kDeep));
  EXPECT_EQ(tree.nodes.back().depth, kDeep - 1);
}

TEST(CreationTree, GroupedDumpsHaveRootsOnly) {
  Planted planted;
  Add(&planted, 0, 0, "main@a.cc:1");
  planted.last().count = 7;
  const CreationTree tree = BuildCreationTree(planted.snapshot);
  EXPECT_FALSE(tree.has_ids);
  ASSERT_THAT(tree.nodes, SizeIs(1));
  EXPECT_EQ(tree.nodes[0].count, 7u);
  EXPECT_THAT(tree.nodes[0].ids, IsEmpty());
}

TEST(CreationTree, FilterKeepsWhoCreatedWhatItKeeps) {
  Planted planted;
  Add(&planted, 1, 0, "main@a.cc:1");
  Add(&planted, 2, 1, "Serve@a.cc:2");
  Add(&planted, 3, 2, "Read@a.cc:3");
  Add(&planted, 4, 1, "Tick@a.cc:4");
  Filter filter;
  ASSERT_TRUE(filter.With("function=Read").ok());
  const CreationTree tree = BuildCreationTree(planted.snapshot, filter);
  ASSERT_THAT(tree.nodes, SizeIs(3));
  EXPECT_THAT(tree.nodes[2].ids, ElementsAre(3));
}

}  // namespace
}  // namespace muster::inspector
