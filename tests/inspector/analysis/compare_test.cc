// What there is more of, and what grows.
#include "muster/inspector/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/inspector/analysis/planted.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// `counts[i]` goroutines wait at line i. Ids and tables differ from dump to dump.
GroupedDump Dump(const std::vector<uint64_t>& counts, uint64_t first_id = 1) {
  Planted planted;
  planted.Stack({"Other@other.cc:" + std::to_string(first_id)});
  uint64_t id = first_id;
  for (size_t i = 0; i < counts.size(); ++i) {
    const StackId stack = planted.Stack({"Work@work.cc:" + std::to_string(i)});
    for (uint64_t n = 0; n < counts[i]; ++n) planted.Waiting(++id, "chan send").stack = stack;
  }
  std::vector<Group> groups = GroupGoroutines(planted.snapshot);
  return {planted.snapshot, groups};
}

int32_t LineOf(const Comparison::Change& change) {
  const Stack& stack = change.snapshot->stacks[change.group.stack];
  return change.snapshot->frames[stack.frames[0]].line;
}

TEST(CompareDumps, EqualDumpsHaveNoChanges) {
  const GroupedDump a = Dump({3, 1});
  const GroupedDump b = Dump({3, 1}, 1000);
  const Comparison comparison = CompareDumps(a, b);
  EXPECT_THAT(comparison.changes, IsEmpty());
  EXPECT_EQ(comparison.same_groups, 2u);
}

TEST(CompareDumps, WhatGrewMostIsFirstAndWhatIsGoneIsLast) {
  const GroupedDump before = Dump({3, 1, 5, 0});
  const GroupedDump after = Dump({4, 1, 0, 9});
  const Comparison comparison = CompareDumps(before, after);
  ASSERT_THAT(comparison.changes, SizeIs(3));
  EXPECT_EQ(LineOf(comparison.changes[0]), 3);
  EXPECT_EQ(comparison.changes[0].delta(), 9);
  EXPECT_EQ(LineOf(comparison.changes[1]), 0);
  EXPECT_EQ(LineOf(comparison.changes[2]), 2);
  EXPECT_EQ(comparison.changes[2].delta(), -5);
  EXPECT_EQ(comparison.total_before, 9u);
  EXPECT_EQ(comparison.total_after, 14u);
}

std::vector<Sample> Samples(const std::vector<uint64_t>& counts) {
  std::vector<Sample> samples;
  for (size_t i = 0; i < counts.size(); ++i) {
    samples.push_back({static_cast<int64_t>(i) * 10 * kSecond, counts[i]});
  }
  return samples;
}

Trend TrendOf(const std::vector<uint64_t>& counts, size_t rows = 1) {
  return JudgeGrowth(Samples(counts), rows).trend;
}

TEST(Growth, SteadyRiseGrows) {
  const Growth growth = JudgeGrowth(Samples({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(growth.trend, Trend::kGrowing);
  EXPECT_DOUBLE_EQ(growth.per_second, 0.1);
  EXPECT_NEAR(growth.chance, 1.0 / 40320, 1e-9);  // one order of eight numbers
}

TEST(Growth, FewSamplesGiveNoVerdict) {
  EXPECT_EQ(TrendOf({1, 2, 3, 4, 5}), Trend::kTooFewSamples);
  EXPECT_EQ(TrendOf({}), Trend::kTooFewSamples);
}

TEST(Growth, LevelIsSteady) {
  EXPECT_EQ(TrendOf({7, 7, 7, 7, 7, 7, 7, 7}), Trend::kSteady);
  EXPECT_EQ(TrendOf({7, 9, 7, 8, 9, 7, 8, 7, 9, 8}), Trend::kSteady);
}

TEST(Growth, SingleSpikesAreSteady) {
  EXPECT_EQ(TrendOf({5, 5, 5, 5, 900, 5, 5, 5, 5, 1000}), Trend::kSteady);
}

TEST(Growth, RiseWithSpikesAndDipsGrows) {
  EXPECT_EQ(TrendOf({1, 3, 2, 5, 4, 90, 8, 7, 10, 9, 12, 3, 14, 13, 16, 18}), Trend::kGrowing);
}

TEST(Growth, PoolThatFillsUpIsSettled) {
  EXPECT_EQ(TrendOf({1, 8, 16, 24, 30, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32}),
            Trend::kSettled);
}

TEST(Growth, SawToothIsSteady) {
  std::vector<uint64_t> counts;
  for (uint64_t i = 0; i < 40; ++i) counts.push_back(10 + i % 8);
  EXPECT_EQ(TrendOf(counts), Trend::kSteady);
}

TEST(Growth, FallIsShrinking) {
  EXPECT_EQ(TrendOf({20, 18, 16, 14, 12, 10, 8, 6, 4, 2}), Trend::kShrinking);
}

TEST(Growth, TwoMoreGoroutinesAreNoGrowth) {
  EXPECT_EQ(TrendOf({1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}), Trend::kSteady);
}

TEST(Growth, ManyRowsOfNoiseRaiseNoAlarm) {
  std::mt19937 random(1);
  std::uniform_int_distribution<uint64_t> noise(90, 110);
  constexpr size_t kRows = 300;
  for (size_t row = 0; row < kRows; ++row) {
    std::vector<uint64_t> counts;
    for (int i = 0; i < 31; ++i) counts.push_back(noise(random));
    EXPECT_NE(TrendOf(counts, kRows), Trend::kGrowing) << row;
  }
}

TEST(Growth, SlowLeakInNoiseIsSeen) {
  std::mt19937 random(1);
  std::uniform_int_distribution<uint64_t> noise(0, 8);
  std::vector<uint64_t> counts;
  for (uint64_t i = 0; i < 31; ++i) counts.push_back(100 + i + noise(random));
  EXPECT_EQ(TrendOf(counts, 100), Trend::kGrowing);
}

TEST(Growth, LongRowsAreJudgedToo) {
  std::vector<uint64_t> counts;
  for (uint64_t i = 0; i < 100'000; ++i) counts.push_back(5 + i / 1000 + i % 7);
  EXPECT_EQ(TrendOf(counts), Trend::kGrowing);
}

TEST(Series, GroupsAreFollowedAcrossDumps) {
  Series series;
  for (uint64_t i = 0; i < 8; ++i) {
    series.Add(Dump({4, i, i < 4 ? 1U : 0U}, i * 1000), static_cast<int64_t>(i) * kSecond);
  }
  const std::vector<Series::Row> rows = series.Judge();
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].growth.trend, Trend::kGrowing);
  const Stack& stack = series.snapshot().stacks[rows[0].group.stack];
  EXPECT_EQ(series.snapshot().frames[stack.frames[0]].line, 1);
  EXPECT_EQ(rows[1].growth.trend, Trend::kSteady);
  EXPECT_EQ(rows[2].samples.back().count, 0u);  // gone, and not forgotten
  EXPECT_EQ(series.totals().back().count, 11u);
}

}  // namespace
}  // namespace muster::inspector
