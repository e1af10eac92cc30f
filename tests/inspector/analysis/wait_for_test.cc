// The wait-for graph that people look at.
#include "muster/inspector/wait_for.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::Planted;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// "2 lock a0", "a0 held by 1": every edge by its ends.
std::vector<std::string> Edges(const WaitFor& graph) {
  const auto name = [&graph](uint32_t at) {
    const WaitFor::Node& node = graph.nodes[at];
    if (!node.is_object) return std::to_string(node.ids.front());
    char text[32];
    std::snprintf(text, sizeof(text), "%llx", static_cast<unsigned long long>(node.address));
    return std::string(text);
  };
  std::vector<std::string> edges;
  for (const WaitFor::Edge& edge : graph.edges) {
    edges.push_back(name(edge.from) + " " + edge.what + " " + name(edge.to));
  }
  std::sort(edges.begin(), edges.end());
  return edges;
}

TEST(WaitFor, WaitersPointToTheLockAndTheLockToItsHolder) {
  Planted planted;
  planted.Running(1);
  planted.WaitsForMutex(2, 0xa0);
  planted.Mutex(0xa0, 1);
  const WaitFor graph = BuildWaitFor(planted.snapshot);
  EXPECT_THAT(Edges(graph), ElementsAre("2 lock a0", "a0 held by 1"));
  EXPECT_THAT(graph.cycles, IsEmpty());
}

TEST(WaitFor, CycleIsFoundAndMarked) {
  Planted planted;
  planted.WaitsForMutex(1, 0xb0);
  planted.WaitsForMutex(2, 0xa0);
  planted.WaitsForMutex(3, 0xa0);
  planted.Mutex(0xa0, 1);
  planted.Mutex(0xb0, 2);
  const WaitFor graph = BuildWaitFor(planted.snapshot);
  ASSERT_THAT(graph.cycles, SizeIs(1));
  EXPECT_THAT(graph.cycles[0], SizeIs(4));
  for (const WaitFor::Node& node : graph.nodes) {
    const bool outside = !node.is_object && node.ids.front() == 3;
    EXPECT_EQ(node.in_cycle, !outside);
  }
}

TEST(WaitFor, SelectClosesNoCycle) {
  Planted planted;
  planted.Waiting(1, "select",
                  {{0xa0, ObjectKind::kMutex, Direction::kNone},
                   {0xc0, ObjectKind::kChan, Direction::kReceive}});
  planted.Mutex(0xa0, 1);
  EXPECT_THAT(BuildWaitFor(planted.snapshot).cycles, IsEmpty());
}

TEST(WaitFor, ThoseThatLookAlikeAndWaitForTheSameAreOne) {
  Planted planted;
  const StackId stack = planted.Stack({"Work@work.cc:9"});
  for (uint64_t id = 2; id < 5; ++id) planted.Sends(id, 0xc0).stack = stack;
  planted.Sends(5, 0xd0).stack = stack;
  const WaitFor graph = BuildWaitFor(planted.snapshot);
  EXPECT_THAT(Edges(graph), ElementsAre("2 send c0", "5 send d0"));
  EXPECT_THAT(graph.nodes[0].ids, ElementsAre(2, 3, 4));
  EXPECT_EQ(graph.nodes[0].count, 3u);
}

TEST(WaitFor, HolderIsOneByItself) {
  Planted planted;
  const StackId stack = planted.Stack({"Work@work.cc:9"});
  planted.Sends(2, 0xc0).stack = stack;
  planted.Sends(3, 0xc0).stack = stack;
  planted.WaitsForMutex(4, 0xa0);
  planted.Mutex(0xa0, 2);
  EXPECT_THAT(Edges(BuildWaitFor(planted.snapshot)),
              ElementsAre("2 send c0", "3 send c0", "4 lock a0", "a0 held by 2"));
}

TEST(WaitFor, SleepersAndReadersOfFilesWaitForNobody) {
  Planted planted;
  planted.Waiting(1, "sleep", {{0xe0, ObjectKind::kTimer, Direction::kNone}});
  planted.Waiting(2, "IO wait", {{0xf0, ObjectKind::kFD, Direction::kRead}});
  EXPECT_THAT(BuildWaitFor(planted.snapshot).nodes, IsEmpty());
}

TEST(WaitFor, FilterKeepsWhatHangsTogetherWithWhatItKeeps) {
  Planted planted;
  planted.Running(1);
  planted.WaitsForMutex(2, 0xa0);
  planted.Mutex(0xa0, 1);
  planted.Sends(3, 0xc0);
  Filter filter;
  ASSERT_TRUE(filter.With("id=1").ok());
  EXPECT_THAT(Edges(BuildWaitFor(planted.snapshot, filter)),
              ElementsAre("2 lock a0", "a0 held by 1"));
}

}  // namespace
}  // namespace muster::inspector
