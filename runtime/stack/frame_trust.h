// FrameTrust: at which return addresses a walk by frame pointers goes right.
//
// A walk by frame pointers costs a nanosecond a frame, but passes over the callers of code that was
// compiled without them. libunwind sees those, at many times the price. So each address is checked
// once, the first time that libunwind walks over it, and remembered for good.
//
// Why once is enough: which row of the unwind table describes a frame is settled by its return
// address alone, and so is whether the frame keeps its base in the register rbp there. If rbp is
// found to point at the pair of the caller's rbp and the return address into the caller, as
// libunwind has found them on its own, then that is what the code at this address does with rbp,
// in every other frame too. A function that leaves rbp alone fails the check, since the pair that
// it points at is its caller's, and so does one that uses rbp for something else, unless it happens
// to hold the very address of such a pair, which no compiler has a reason to compute. So a walk by
// frame pointers all of whose addresses are trusted is the stack. One that meets another address is
// worth nothing: libunwind has to walk.
//
// The limits: code that is unloaded (dlclose) while other code takes its addresses would inherit
// its trust; and there is room for kMaxAddresses, beyond which new addresses count as lost.
//
// Thread-safe, lock-free, async-signal-safe. Nothing else is published by an entry, so that all
// accesses are relaxed.
#ifndef MUSTER_STACK_FRAME_TRUST_H_
#define MUSTER_STACK_FRAME_TRUST_H_

#include <cstdint>

namespace muster::stack {

enum class Trust { kUnknown, kKept, kLost };

inline constexpr uint32_t kMaxAddresses = 48 << 10;

Trust TrustOf(uint64_t return_address);

// The least of the addresses' trust: kLost if one is lost, else kUnknown if one is unknown.
Trust TrustOfAll(const uint64_t* pcs, int count);

// Remembers whether the code at `return_address` keeps its frame's base in rbp. What is once said
// to be lost stays lost.
void Remember(uint64_t return_address, bool kept);

}  // namespace muster::stack

#endif  // MUSTER_STACK_FRAME_TRUST_H_
