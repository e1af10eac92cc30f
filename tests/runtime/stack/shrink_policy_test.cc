#include "runtime/stack/shrink_policy.h"

#include <gtest/gtest.h>

namespace muster::stack {
namespace {

// Visits a stack that is deep, and has run since the last visit, until it is given back.
int VisitsUntilGivenBack(ShrinkPolicy* policy, uint32_t* runs) {
  int visits = 1;
  while (!policy->VisitDeep(++*runs)) ++visits;
  return visits;
}

TEST(ShrinkPolicy, GivesNothingBackAtFirstSight) {
  ShrinkPolicy policy;
  EXPECT_FALSE(policy.VisitDeep(7));
  EXPECT_TRUE(policy.VisitDeep(8));
}

TEST(ShrinkPolicy, ForgetsADepthThatHasPassed) {
  ShrinkPolicy policy;
  EXPECT_FALSE(policy.VisitDeep(1));
  policy.VisitShallow();
  EXPECT_FALSE(policy.VisitDeep(2));
}

TEST(ShrinkPolicy, HasMorePatienceWithAStackThatIsDeepAgain) {
  ShrinkPolicy policy;
  uint32_t runs = 0;
  EXPECT_EQ(VisitsUntilGivenBack(&policy, &runs), 2);
  EXPECT_EQ(VisitsUntilGivenBack(&policy, &runs), 4);
  EXPECT_EQ(VisitsUntilGivenBack(&policy, &runs), 8);
  for (int i = 0; i < 10; ++i) VisitsUntilGivenBack(&policy, &runs);
  EXPECT_EQ(VisitsUntilGivenBack(&policy, &runs), kMostVisits);
}

TEST(ShrinkPolicy, LosesItsPatienceWhileTheStackIsShallow) {
  ShrinkPolicy policy;
  uint32_t runs = 0;
  for (int i = 0; i < 10; ++i) VisitsUntilGivenBack(&policy, &runs);
  for (int i = 0; i < 10; ++i) policy.VisitShallow();
  policy.VisitDeep(++runs);  // it had been given back, so this doubles the least
  policy.VisitShallow();
  EXPECT_EQ(VisitsUntilGivenBack(&policy, &runs), kFewestVisits);
}

TEST(ShrinkPolicy, HasNoneWithAGoroutineThatHasNotRunSince) {
  ShrinkPolicy policy;
  uint32_t runs = 0;
  for (int i = 0; i < 10; ++i) VisitsUntilGivenBack(&policy, &runs);
  EXPECT_FALSE(policy.VisitDeep(++runs));
  EXPECT_TRUE(policy.VisitDeep(runs));
}

}  // namespace
}  // namespace muster::stack
