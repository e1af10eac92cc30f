// The OS threads that belong to the tooling and can wake no goroutine.
#ifndef MUSTER_RECORD_SYSTEM_THREADS_H_
#define MUSTER_RECORD_SYSTEM_THREADS_H_

#include <cstdint>
#include <vector>

namespace muster::record {

struct SystemThread {
  int32_t tid = 0;
  // One that has called MarkSystemThread: below this its stack is the tooling's alone. 0 for
  // others.
  uintptr_t top = 0;
};
std::vector<SystemThread> SystemThreads();
void AddSystemThread(int32_t tid, uintptr_t top = 0);
// The ids of this process's threads; empty when /proc cannot be read.
std::vector<int32_t> AllThreads();

}  // namespace muster::record

#endif  // MUSTER_RECORD_SYSTEM_THREADS_H_
