// What valgrind cannot find out by itself. Some instructions that do nothing, where no valgrind
// runs the program; nothing where its headers were not there to build with.
#ifndef MUSTER_STACK_VALGRIND_H_
#define MUSTER_STACK_VALGRIND_H_

#include <cstddef>
#include <cstdint>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif

namespace muster::stack {

// From `lo` to below `hi` is a stack from now on. Otherwise a switch between two goroutines is
// taken for a stack pointer that moves by megabytes, and what lies between for uninitialised.
inline void TellValgrindOfStack([[maybe_unused]] uintptr_t lo, [[maybe_unused]] uintptr_t hi) {
#if defined(VALGRIND_STACK_REGISTER)
  (void)VALGRIND_STACK_REGISTER(lo, hi);
#endif
}

// The kernel has written there, by a call that valgrind does not know.
inline void TellValgrindOfWrite([[maybe_unused]] const void* begin, [[maybe_unused]] size_t size) {
#if defined(VALGRIND_MAKE_MEM_DEFINED)
  (void)VALGRIND_MAKE_MEM_DEFINED(begin, size);
#endif
}

inline bool RunsUnderValgrind() {
#if defined(RUNNING_ON_VALGRIND)
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

}  // namespace muster::stack

#endif  // MUSTER_STACK_VALGRIND_H_
