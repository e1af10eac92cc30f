#include "runtime/record/wait_lengths.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace muster::record {
namespace {

TEST(WaitLengths, OfNothingAreZero) {
  const WaitLengths none;
  EXPECT_EQ(none.count(), 0u);
  EXPECT_EQ(none.shortest(), 0);
  EXPECT_EQ(none.Median(), 0);
  EXPECT_EQ(none.longest(), 0);
}

TEST(WaitLengths, TakeTheLowerMiddleOfAnEvenNumber) {
  WaitLengths waits;
  for (const int64_t ns : {40, 10, 30, 20}) waits.Add(ns);
  EXPECT_EQ(waits.shortest(), 10);
  EXPECT_EQ(waits.Median(), 20);
  EXPECT_EQ(waits.longest(), 40);
}

int64_t TrueMedian(std::vector<int64_t> lengths) {
  std::sort(lengths.begin(), lengths.end());
  return lengths[(lengths.size() - 1) / 2];
}

// Lengths from nanoseconds to hours.
std::vector<int64_t> RandomLengths(size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<int64_t> lengths;
  for (size_t i = 0; i < count; ++i) {
    lengths.push_back(static_cast<int64_t>(random() >> (64 - 1 - random() % 43)));
  }
  return lengths;
}

TEST(WaitLengths, AreExactForSmallCrowds) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<int64_t> lengths = RandomLengths(WaitLengths::kExact - seed % 2, seed);
    WaitLengths waits;
    for (const int64_t ns : lengths) waits.Add(ns);
    EXPECT_EQ(waits.Median(), TrueMedian(lengths)) << seed;
  }
}

TEST(WaitLengths, AreWithinOnePercentForLargeOnes) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<int64_t> lengths = RandomLengths(WaitLengths::kExact + 1 + 500 * seed, seed);
    WaitLengths waits;
    for (const int64_t ns : lengths) waits.Add(ns);
    const auto median = static_cast<double>(TrueMedian(lengths));
    EXPECT_NEAR(static_cast<double>(waits.Median()), median, median * 0.01) << seed;
    EXPECT_EQ(waits.shortest(), *std::min_element(lengths.begin(), lengths.end()));
    EXPECT_EQ(waits.longest(), *std::max_element(lengths.begin(), lengths.end()));
    EXPECT_EQ(waits.count(), lengths.size());
  }
}

TEST(WaitLengths, OfOneKindAreThatKind) {
  WaitLengths waits;
  for (int i = 0; i < 1000; ++i) waits.Add(123'456'789);
  EXPECT_EQ(waits.Median(), 123'456'789);
}

TEST(WaitLengths, HoldTheLongestThereIs) {
  WaitLengths waits;
  for (int i = 0; i < 1000; ++i) waits.Add(INT64_MAX);
  EXPECT_EQ(waits.Median(), INT64_MAX);
}

}  // namespace
}  // namespace muster::record
