#include "runtime/sched/global_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>

namespace muster::sched {
namespace {

// The queue never looks at what it holds.
G* Number(uintptr_t number) { return reinterpret_cast<G*>(number * 64); }

TEST(GlobalQueue, IsEmptyAtFirst) {
  GlobalQueue queue;
  EXPECT_EQ(queue.Pop(), nullptr);
}

TEST(GlobalQueue, GivesBackInOrderOverAllLengths) {
  // Lengths around those of its blocks, and one after the other in one queue, so that it wraps.
  GlobalQueue queue;
  for (const uintptr_t length : {1, 254, 255, 256, 509, 510, 511, 5'000, 3}) {
    for (uintptr_t i = 1; i <= length; ++i) queue.Push(Number(i));
    for (uintptr_t i = 1; i <= length; ++i) ASSERT_EQ(queue.Pop(), Number(i)) << length;
    ASSERT_EQ(queue.Pop(), nullptr);
  }
}

TEST(GlobalQueue, KeepsTheOrderWhenPushesAndPopsMix) {
  GlobalQueue queue;
  std::deque<G*> model;
  uint32_t random = 12345;
  for (uintptr_t i = 1; i < 100'000; ++i) {
    random = random * 1664525 + 1013904223;
    // Grows and shrinks by turns.
    if ((random >> 16) % 8 < ((i / 3'000) % 2 == 0 ? 5 : 3)) {
      queue.Push(Number(i));
      model.push_back(Number(i));
    } else {
      G* const expected = model.empty() ? nullptr : model.front();
      if (!model.empty()) model.pop_front();
      ASSERT_EQ(queue.Pop(), expected);
    }
  }
}

}  // namespace
}  // namespace muster::sched
