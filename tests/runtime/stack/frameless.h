// Functions that are compiled without frame pointers, whatever the rest of the tests is. Each calls
// fn(arg) from a frame of its own. kCopy, from 0 to 3, makes distinct code, which no other test
// has walked over.
#ifndef MUSTER_TESTS_RUNTIME_STACK_FRAMELESS_H_
#define MUSTER_TESTS_RUNTIME_STACK_FRAMELESS_H_

namespace muster::testing {

using Callee = void (*)(void*);

// Leaves rbp as it is, in two layers.
template <int kCopy>
void FramelessOuter(Callee fn, void* arg);

// Makes rbp point at some words of its own that are no frame.
template <int kCopy>
void MisleadingBase(Callee fn, void* arg);

// Has an aligned frame of a size that is known at run time only, which is found by a saved copy of
// its caller's stack pointer.
template <int kCopy>
void AlignedFrame(Callee fn, void* arg);

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_STACK_FRAMELESS_H_
