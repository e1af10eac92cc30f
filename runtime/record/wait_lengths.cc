#include "runtime/record/wait_lengths.h"

#include <algorithm>
#include <bit>

namespace muster::record {
namespace {

// A length's bucket is told by its leading one and the kBits bits behind that.
constexpr int kBits = 6;
constexpr uint64_t kPerOctave = 1 << kBits;

size_t BucketOf(uint64_t ns) {
  if (ns < kPerOctave) return ns;  // as they are
  const auto shift = static_cast<uint64_t>(std::bit_width(ns) - 1 - kBits);
  return (shift + 1) * kPerOctave + ((ns >> shift) - kPerOctave);
}

int64_t MiddleOf(size_t bucket) {
  if (bucket < kPerOctave) return static_cast<int64_t>(bucket);
  const uint64_t shift = bucket / kPerOctave - 1;
  const uint64_t begin = (bucket % kPerOctave + kPerOctave) << shift;
  return static_cast<int64_t>(begin + ((uint64_t{1} << shift) >> 1));
}

}  // namespace

void WaitLengths::Add(int64_t ns) {
  shortest_ = count_ == 0 ? ns : std::min(shortest_, ns);
  longest_ = std::max(longest_, ns);
  ++count_;
  if (buckets_.empty() && exact_.size() < kExact) {
    exact_.push_back(ns);
    return;
  }
  for (const int64_t length : exact_) CountInBucket(length);
  exact_.clear();
  CountInBucket(ns);
}

void WaitLengths::CountInBucket(int64_t ns) {
  const size_t bucket = BucketOf(static_cast<uint64_t>(ns));
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
}

int64_t WaitLengths::Median() const {
  if (count_ == 0) return 0;
  if (buckets_.empty()) {
    std::vector<int64_t> sorted = exact_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((count_ - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }
  uint64_t passed = 0;
  size_t bucket = 0;
  while (2 * (passed += buckets_[bucket]) < count_) ++bucket;
  return std::clamp(MiddleOf(bucket), shortest_, longest_);
}

}  // namespace muster::record
