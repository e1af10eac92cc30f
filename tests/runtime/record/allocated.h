// How much memory a test's process has asked for so far, by operator new, on all threads.
#ifndef MUSTER_TESTS_RUNTIME_RECORD_ALLOCATED_H_
#define MUSTER_TESTS_RUNTIME_RECORD_ALLOCATED_H_

#include <cstddef>

namespace muster::testing {

size_t AllocatedBytes();

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_RECORD_ALLOCATED_H_
