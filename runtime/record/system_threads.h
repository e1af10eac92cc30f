// The OS threads that belong to the tooling and can wake no goroutine.
#ifndef MUSTER_RECORD_SYSTEM_THREADS_H_
#define MUSTER_RECORD_SYSTEM_THREADS_H_

#include <cstdint>
#include <vector>

namespace muster::record {

std::vector<int32_t> SystemThreads();
void AddSystemThread(int32_t tid);

// One that has called MarkSystemThread and not ended. Below `top` its stack is the tooling's alone.
struct ToolThread {
  int32_t tid = 0;
  uintptr_t top = 0;
};
std::vector<ToolThread> ToolThreads();
// The ids of this process's threads; empty when /proc cannot be read.
std::vector<int32_t> AllThreads();

}  // namespace muster::record

#endif  // MUSTER_RECORD_SYSTEM_THREADS_H_
