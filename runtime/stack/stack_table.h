// StackTable: each distinct creation stack once, referred to by a 4-byte id.
//
// Lock-free: an open hash table of ids into an append-only store; entries are never changed or
// freed. Bounded (kMaxStacks); when it is full, new stacks get id 0 and are counted.
//
// Memory ordering: an entry is filled before its slot is published by a release CAS; readers
// acquire.
#ifndef MUSTER_STACK_STACK_TABLE_H_
#define MUSTER_STACK_STACK_TABLE_H_

#include <cstdint>
#include <vector>

namespace muster::stack {

inline constexpr uint32_t kMaxStacks = 1 << 16;

// Intern returns the id of this stack, from 1; 0 when the table is full or memory is out.
// Thread-safe, does not throw; allocates for a stack that it sees for the first time.
uint32_t Intern(const uint64_t* pcs, int count);

// The stack of an id that Intern has returned; empty for 0.
std::vector<uint64_t> Lookup(uint32_t id);

// The same without allocating; returns how many were written.
int LookupInto(uint32_t id, uint64_t* pcs, int max);

// Stacks that found the table full.
uint64_t OverflowCount();

}  // namespace muster::stack

#endif  // MUSTER_STACK_STACK_TABLE_H_
