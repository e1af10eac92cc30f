#include "muster/shared_list.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace muster::record {
namespace {

// Counts the living; refuses to be copied when told so.
struct Counted {
  explicit Counted(int n) : number(n) { ++living; }
  Counted(const Counted& other) : number(other.number) {
    if (number == refused) throw std::runtime_error("not this one");
    ++living;
  }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --living; }

  int number;
  static inline int living = 0;
  static inline int refused = -1;
};

TEST(SharedList, CopiesShareTheElements) {
  const SharedList<std::string> list = {"a", "b"};
  const SharedList<std::string> copy = list;
  EXPECT_EQ(copy.data(), list.data());
  EXPECT_TRUE(copy.SharesWith(list));
  EXPECT_EQ(copy.size(), 2u);
  EXPECT_EQ(copy[1], "b");
}

TEST(SharedList, EqualsByItsElements) {
  const SharedList<int> list = {1, 2};
  EXPECT_EQ(list, (SharedList<int>{1, 2}));
  EXPECT_FALSE(list.SharesWith({1, 2}));
  EXPECT_EQ(list, std::vector<int>({1, 2}));
  EXPECT_FALSE(list == SharedList<int>({1, 2, 3}));
  EXPECT_FALSE(list == SharedList<int>());
}

TEST(SharedList, TakesNothingForNoElements) {
  const SharedList<int> none = std::vector<int>();
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_EQ(none.begin(), none.end());
  EXPECT_TRUE(none.SharesWith({}));
}

TEST(SharedList, FreesTheElementsWithTheLastHandle) {
  {
    SharedList<Counted> kept;
    {
      const std::vector<Counted> items = {Counted(1), Counted(2)};
      const SharedList<Counted> list = items;
      kept = list;
      SharedList<Counted> moved = std::move(kept);
      kept = std::move(moved);
    }
    EXPECT_EQ(Counted::living, 2);
  }
  EXPECT_EQ(Counted::living, 0);
}

TEST(SharedList, LeavesNothingWhenAnElementCannotBeCopied) {
  {
    const std::vector<Counted> items = {Counted(1), Counted(2), Counted(3)};
    Counted::refused = 3;
    EXPECT_THROW((SharedList<Counted>(items)), std::runtime_error);
    Counted::refused = -1;
    EXPECT_EQ(Counted::living, 3);
  }
  EXPECT_EQ(Counted::living, 0);
}

TEST(SharedList, IsAVectorWhereOneIsWanted) {
  const SharedList<int> list = {1, 2};
  const std::vector<int> vector = list;
  EXPECT_EQ(vector, std::vector<int>({1, 2}));
}

TEST(SharedListStress, HandlesOfOneListMayBeUsedByManyThreads) {
  const SharedList<std::string> list = {"one", "two"};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([list] {
      for (int i = 0; i < 1000; ++i) {
        SharedList<std::string> copy = list;
        EXPECT_EQ(copy[1], "two");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(list[0], "one");
}

}  // namespace
}  // namespace muster::record
