// The benchmarks of the runtime, by subject. tests/bench/go and tests/bench/boost hold the same
// programs, line for line where the language allows it.
#ifndef TESTS_BENCH_MUSTER_WORKS_H_
#define TESTS_BENCH_MUSTER_WORKS_H_

#include <vector>

#include "tests/bench/harness/bench_main.h"

namespace bench {

std::vector<Work> SpawningWorks();
std::vector<Work> ChannelWorks();
std::vector<Work> LockWorks();
std::vector<Work> MemoryWorks();
std::vector<Work> MachineWorks();

}  // namespace bench

#endif  // TESTS_BENCH_MUSTER_WORKS_H_
