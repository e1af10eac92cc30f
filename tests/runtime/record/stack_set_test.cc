#include "runtime/record/stack_set.h"

#include <gtest/gtest.h>

#include <vector>

#include "runtime/stack/stack_table.h"

namespace muster::record {
namespace {

using Pcs = std::vector<uint64_t>;

uint32_t Find(StackSet* set, const Pcs& pcs) {
  const int count = static_cast<int>(pcs.size());
  return set->FindTrusted(pcs.data(), count, stack::ChainHash::Of(pcs.data(), count));
}

uint32_t Add(StackSet* set, const Pcs& pcs, bool trusted) {
  return set->Add(pcs.data(), static_cast<int>(pcs.size()), trusted);
}

Pcs Get(const StackSet& set, uint32_t id) {
  const auto pcs = set.Get(id);
  return {pcs.begin(), pcs.end()};
}

TEST(StackSet, NumbersEachStackOnce) {
  StackSet set;
  EXPECT_EQ(Add(&set, {1, 2, 3}, false), 1u);
  EXPECT_EQ(Add(&set, {1, 2}, false), 2u);
  EXPECT_EQ(Add(&set, {1, 2, 3}, false), 1u);
  EXPECT_EQ(Get(set, 1), Pcs({1, 2, 3}));
  EXPECT_EQ(Get(set, 2), Pcs({1, 2}));
}

TEST(StackSet, HasNoNumberForNothing) {
  StackSet set;
  EXPECT_EQ(Add(&set, {}, true), 0u);
  EXPECT_TRUE(Get(set, 0).empty());
  EXPECT_EQ(Find(&set, {7}), 0u);
}

TEST(StackSet, FindsTrustedStacksOnly) {
  StackSet set;
  const uint32_t id = Add(&set, {4, 5}, false);
  EXPECT_EQ(Find(&set, {4, 5}), 0u);
  EXPECT_EQ(Add(&set, {4, 5}, true), id);
  EXPECT_EQ(Find(&set, {4, 5}), id);
  EXPECT_EQ(Add(&set, {4, 5}, false), id);
  EXPECT_EQ(Find(&set, {4, 5}), id);
}

TEST(StackSet, KeepsItsNumbersWhileItGrows) {
  StackSet set;
  constexpr uint32_t kStacks = 5000;
  for (uint32_t i = 0; i < kStacks; ++i) EXPECT_EQ(Add(&set, {1, i, i * i}, true), i + 1);
  for (uint32_t i = 0; i < kStacks; ++i) {
    EXPECT_EQ(Find(&set, {1, i, i * i}), i + 1);
    EXPECT_EQ(Get(set, i + 1), Pcs({1, i, i * i}));
  }
}

}  // namespace
}  // namespace muster::record
