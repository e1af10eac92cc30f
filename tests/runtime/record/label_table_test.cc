#include "runtime/record/label_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster::record {
namespace {

LabelSet* NewSet(const std::string& value) {
  auto* set = new LabelSet;
  set->pairs = {{"key", value}};
  return set;
}

TEST(LabelTable, KnowsASetByItsAddressOnceItHasAReference) {
  LabelSet* set = NewSet("a");
  {
    LabelTable table;
    EXPECT_EQ(table.Find(nullptr), 0u);
    EXPECT_EQ(table.Find(set), LabelTable::kUnknown);
    const uint32_t id = table.Add(Ref(set));
    EXPECT_EQ(table.Find(set), id);
    EXPECT_EQ(table.Get(id), Labels({{"key", "a"}}));
    EXPECT_EQ(set->references.load(), 2);
  }
  EXPECT_EQ(set->references.load(), 1);
  Unref(set);
}

TEST(LabelTable, GivesOneNumberToEqualSets) {
  LabelTable table;
  const uint32_t a = table.Add(NewSet("a"));
  const uint32_t b = table.Add(NewSet("b"));
  EXPECT_NE(a, b);
  EXPECT_EQ(table.Add(NewSet("a")), a);
  EXPECT_EQ(table.Get(b), Labels({{"key", "b"}}));
}

TEST(LabelTable, HasNumberZeroForNoLabels) {
  LabelTable table;
  EXPECT_EQ(table.Add(nullptr), 0u);
  EXPECT_TRUE(table.Get(0).empty());
}

// Each of a million goroutines may have a set of its own.
TEST(LabelTable, KeepsABoundedNumberOfSetsAlive) {
  constexpr size_t kSets = 20'000;
  std::vector<LabelSet*> sets;
  LabelTable table;
  for (size_t i = 0; i < kSets; ++i) {
    sets.push_back(NewSet(std::to_string(i % 3)));
    table.Add(Ref(sets.back()));
  }
  size_t kept = 0;
  for (const LabelSet* set : sets) kept += set->references.load() == 2 ? 1 : 0;
  EXPECT_GT(kept, 0u);
  EXPECT_LE(kept, 4096u);
  EXPECT_EQ(table.Add(Ref(sets[1])), 2u);  // the numbers stay
  for (LabelSet* set : sets) Unref(set);
}

}  // namespace
}  // namespace muster::record
