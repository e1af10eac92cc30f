// Tells valgrind which memory is a stack. It would take a switch between two goroutines for a stack
// pointer that moves by megabytes, and call what lies between uninitialised. Some instructions that
// do nothing, where no valgrind runs the program; nothing where its header was not there to build
// with.
#ifndef MUSTER_STACK_KNOWN_STACKS_H_
#define MUSTER_STACK_KNOWN_STACKS_H_

#include <cstdint>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif

namespace muster::stack {

// From `lo` to below `hi`, from now on.
inline void TellValgrindOfStack([[maybe_unused]] uintptr_t lo, [[maybe_unused]] uintptr_t hi) {
#if defined(VALGRIND_STACK_REGISTER)
  (void)VALGRIND_STACK_REGISTER(lo, hi);
#endif
}

}  // namespace muster::stack

#endif  // MUSTER_STACK_KNOWN_STACKS_H_
