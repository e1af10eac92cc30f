// JudgeGrowth: Mann and Kendall's test for a trend and Theil and Sen's slope, both of which ask
// only how samples compare in pairs and so are not led astray by a few that are far off.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include "muster/inspector/compare.h"

namespace muster::inspector {
namespace {

constexpr size_t kMaxSamples = 256;   // pairs are looked at: some 30,000
constexpr double kLevel = 0.01;       // of a false alarm in all rows together
constexpr double kLeastGrowth = 3;    // goroutines over the whole row
constexpr size_t kExactSamples = 10;  // up to here the chance is counted, not approximated

std::vector<Sample> Thin(std::span<const Sample> samples) {
  if (samples.size() <= kMaxSamples) return {samples.begin(), samples.end()};
  std::vector<Sample> thin;
  for (size_t i = 0; i < kMaxSamples; ++i) {
    const size_t begin = i * samples.size() / kMaxSamples;
    const size_t end = (i + 1) * samples.size() / kMaxSamples;
    std::vector<uint64_t> counts;
    for (size_t at = begin; at < end; ++at) counts.push_back(samples[at].count);
    const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size() / 2);
    std::nth_element(counts.begin(), middle, counts.end());
    thin.push_back({samples[begin + (end - begin) / 2].at_ns, *middle});
  }
  return thin;
}

// How many pairs rise, less how many fall.
int64_t Rises(std::span<const Sample> samples) {
  int64_t rises = 0;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (size_t j = i + 1; j < samples.size(); ++j) {
      if (samples[j].count > samples[i].count) ++rises;
      if (samples[j].count < samples[i].count) --rises;
    }
  }
  return rises;
}

// The share of all orders of `n` different numbers with at least so many rises less falls.
double ExactChance(size_t n, int64_t rises) {
  // counts[k]: orders with k falling pairs, of 1, 2, ... n numbers in turn.
  std::vector<double> counts = {1};
  for (size_t size = 2; size <= n; ++size) {
    std::vector<double> next(counts.size() + size - 1, 0);
    for (size_t k = 0; k < counts.size(); ++k) {
      for (size_t falls = 0; falls < size; ++falls) next[k + falls] += counts[k];
    }
    counts = std::move(next);
  }
  const auto pairs = static_cast<int64_t>(n * (n - 1) / 2);
  double all = 0;
  double enough = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    all += counts[k];
    if (pairs - 2 * static_cast<int64_t>(k) >= rises) enough += counts[k];
  }
  return enough / all;
}

// The same by the normal distribution, corrected for equal counts.
double ApproximateChance(std::span<const Sample> samples, int64_t rises) {
  const auto part = [](double n) { return n * (n - 1) * (2 * n + 5); };
  double variance = part(static_cast<double>(samples.size()));
  std::map<uint64_t, size_t> ties;
  for (const Sample& sample : samples) ++ties[sample.count];
  for (const auto& [count, times] : ties) variance -= part(static_cast<double>(times));
  variance /= 18;
  if (variance <= 0) return 1;
  const double z = (static_cast<double>(rises) - 1) / std::sqrt(variance);
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

double Chance(std::span<const Sample> samples) {
  const int64_t rises = Rises(samples);
  if (rises <= 0) return 1;
  std::map<uint64_t, size_t> ties;
  for (const Sample& sample : samples) ++ties[sample.count];
  const bool different = ties.size() == samples.size();
  if (different && samples.size() <= kExactSamples) return ExactChance(samples.size(), rises);
  return ApproximateChance(samples, rises);
}

double MedianSlope(std::span<const Sample> samples) {
  std::vector<double> slopes;
  for (size_t i = 0; i < samples.size(); ++i) {
    for (size_t j = i + 1; j < samples.size(); ++j) {
      const auto ns = static_cast<double>(samples[j].at_ns - samples[i].at_ns);
      if (ns <= 0) continue;
      const double delta =
          static_cast<double>(samples[j].count) - static_cast<double>(samples[i].count);
      slopes.push_back(delta / ns * 1e9);
    }
  }
  if (slopes.empty()) return 0;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle;
}

std::vector<Sample> Falling(std::span<const Sample> samples) {
  uint64_t most = 0;
  for (const Sample& sample : samples) most = std::max(most, sample.count);
  std::vector<Sample> turned(samples.begin(), samples.end());
  for (Sample& sample : turned) sample.count = most - sample.count;
  return turned;
}

}  // namespace

const char* ToString(Trend trend) {
  switch (trend) {
    case Trend::kTooFewSamples:
      return "too few samples";
    case Trend::kSteady:
      return "steady";
    case Trend::kGrowing:
      return "growing";
    case Trend::kSettled:
      return "settled";
    case Trend::kShrinking:
      return "shrinking";
  }
  return "unknown";
}

Growth JudgeGrowth(std::span<const Sample> samples, size_t rows) {
  Growth growth;
  if (samples.empty()) return growth;
  growth.first = samples.front().count;
  growth.last = samples.back().count;
  growth.least = growth.most = growth.first;
  for (const Sample& sample : samples) {
    growth.least = std::min(growth.least, sample.count);
    growth.most = std::max(growth.most, sample.count);
  }
  if (samples.size() < kFewestSamples) return growth;
  growth.trend = Trend::kSteady;
  if (growth.least == growth.most) return growth;

  const std::vector<Sample> thin = Thin(samples);
  const double level = kLevel / static_cast<double>(std::max<size_t>(rows, 1));
  const double seconds = static_cast<double>(thin.back().at_ns - thin.front().at_ns) / 1e9;
  growth.per_second = MedianSlope(thin);
  growth.chance = Chance(thin);
  if (growth.chance > level) {
    if (Chance(Falling(thin)) <= level && growth.per_second < 0) growth.trend = Trend::kShrinking;
    return growth;
  }
  const std::span<const Sample> half = std::span(thin).subspan(thin.size() / 2);
  // What has risen and no longer does: its second half is as good as level.
  const bool still =
      MedianSlope(half) * 4 >= growth.per_second && half.front().count < half.back().count;
  if (!still) {
    growth.trend = Trend::kSettled;
  } else if (growth.per_second * seconds >= kLeastGrowth) {
    growth.trend = Trend::kGrowing;
  }
  return growth;
}

}  // namespace muster::inspector
