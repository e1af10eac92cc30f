// The OS threads that belong to the tooling and can wake no goroutine.
#ifndef MUSTER_RECORD_SYSTEM_THREADS_H_
#define MUSTER_RECORD_SYSTEM_THREADS_H_

#include <cstdint>
#include <vector>

namespace muster::record {

std::vector<int32_t> SystemThreads();
void AddSystemThread(int32_t tid);
// The ids of this process's threads; empty when /proc cannot be read.
std::vector<int32_t> AllThreads();

}  // namespace muster::record

#endif  // MUSTER_RECORD_SYSTEM_THREADS_H_
