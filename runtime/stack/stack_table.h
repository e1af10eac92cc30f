// StackTable: each distinct creation stack once, referred to by a 4-byte id.
//
// Lock-free: an open hash table of ids into an append-only store; entries are never changed or
// freed, but for one mark. Bounded (kMaxStacks); when it is full, new stacks get id 0 and are
// counted.
//
// Memory ordering: an entry is filled before its slot is published by a release CAS; readers
// acquire. The mark says something of the addresses alone, so it is relaxed.
#ifndef MUSTER_STACK_STACK_TABLE_H_
#define MUSTER_STACK_STACK_TABLE_H_

#include <cstdint>
#include <vector>

namespace muster::stack {

inline constexpr uint32_t kMaxStacks = 1 << 16;
// Ids are smaller than this.
inline constexpr uint32_t kStackIds = 2 * kMaxStacks + 1;

// ChainHash is a stack's hash, made while the stack is walked.
class ChainHash {
 public:
  void Add(uint64_t pc) { hash_ = (hash_ ^ pc) * 0xff51afd7ed558ccdULL; }
  // The upper bits are the best ones.
  uint64_t value() const { return hash_; }
  static uint64_t Of(const uint64_t* pcs, int count) {
    ChainHash hash;
    for (int i = 0; i < count; ++i) hash.Add(pcs[i]);
    return hash.value();
  }

 private:
  uint64_t hash_ = 0x9e3779b97f4a7c15ULL;
};

// Intern returns the id of this stack, from 1; 0 when the table is full or memory is out.
// Thread-safe, does not throw; allocates for a stack that it sees for the first time. `trusted`
// marks a stack that a walk by frame pointers finds whole (frame_trust.h).
uint32_t Intern(const uint64_t* pcs, int count, bool trusted = false);

// The id of this stack if it is there and marked as trusted, else 0. `hash` is its ChainHash.
// Neither allocates nor locks.
uint32_t FindTrusted(const uint64_t* pcs, int count, uint64_t hash);

// The stack of an id that Intern has returned; empty for 0.
std::vector<uint64_t> Lookup(uint32_t id);

// The same without allocating; returns how many were written.
int LookupInto(uint32_t id, uint64_t* pcs, int max);

// Stacks that found the table full.
uint64_t OverflowCount();

}  // namespace muster::stack

#endif  // MUSTER_STACK_STACK_TABLE_H_
