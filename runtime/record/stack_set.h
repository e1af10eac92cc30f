// StackSet: the distinct stacks that one capture has met, numbered from 1. Not thread-safe.
//
// A stack that a walk by frame pointers has found is looked up among the trusted ones only: the
// chain that such a walk finds in code without frame pointers may happen to be some other
// goroutine's real stack (see frame_trust.h).
#ifndef MUSTER_RECORD_STACK_SET_H_
#define MUSTER_RECORD_STACK_SET_H_

#include <cstdint>
#include <span>
#include <vector>

namespace muster::record {

class StackSet {
 public:
  // The number of a trusted stack; 0 when it is not there. `hash` is its ChainHash.
  uint32_t FindTrusted(const uint64_t* pcs, int count, uint64_t hash);
  // The number of a stack, which is added if need be; 0 for an empty one.
  uint32_t Add(const uint64_t* pcs, int count, bool trusted);
  // The addresses of a number that was given out; none for 0. Valid until the next Add.
  std::span<const uint64_t> Get(uint32_t id) const;

 private:
  struct Entry {
    uint64_t hash;
    size_t begin;  // in pcs_
    int count;
    bool trusted;
  };

  // The number of the entry, or the empty place in index_ where it belongs.
  uint32_t* Place(const uint64_t* pcs, int count, uint64_t hash);
  bool Same(const Entry& entry, const uint64_t* pcs, int count, uint64_t hash) const;
  void Grow();

  std::vector<uint64_t> pcs_;
  std::vector<Entry> entries_;
  std::vector<uint32_t> index_;  // open hash table of numbers, at most half full
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_STACK_SET_H_
