// WaitLengths: the shortest, the median and the longest of any number of lengths, in bounded
// memory.
//
// Up to kExact lengths are kept as they are. Beyond, they are counted in buckets that double in
// width every 64: the median is then within 1 % of the true one.
#ifndef MUSTER_RECORD_WAIT_LENGTHS_H_
#define MUSTER_RECORD_WAIT_LENGTHS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace muster::record {

class WaitLengths {
 public:
  static constexpr size_t kExact = 256;

  void Add(int64_t ns);  // not negative
  uint64_t count() const { return count_; }
  int64_t shortest() const { return shortest_; }
  int64_t longest() const { return longest_; }
  // Of an even number the lower middle one; 0 of none.
  int64_t Median() const;

 private:
  void CountInBucket(int64_t ns);

  uint64_t count_ = 0;
  int64_t shortest_ = 0;
  int64_t longest_ = 0;
  std::vector<int64_t> exact_;  // empty once there are buckets
  std::vector<uint32_t> buckets_;
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_WAIT_LENGTHS_H_
