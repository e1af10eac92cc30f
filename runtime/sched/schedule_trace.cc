#include "runtime/sched/schedule_trace.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace muster::sched {

bool ScheduleTrace::Open(const char* path) {
  constexpr size_t kHead = 16;
  constexpr size_t kSize = kHead + kMostDecisions * sizeof(Record);
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  void* mapped = MAP_FAILED;
  // Sparse: it takes what is written.
  if (ftruncate(file, kSize) == 0) {
    mapped = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  close(file);
  if (mapped == MAP_FAILED) return false;
  char* const bytes = static_cast<char*>(mapped);
  std::memcpy(bytes, kMagic, sizeof(uint64_t));
  count_ = reinterpret_cast<uint64_t*>(bytes + sizeof(uint64_t));
  records_ = reinterpret_cast<Record*>(bytes + kHead);
  return true;
}

void ScheduleTrace::Add(uint32_t options, bool preemptive, uint32_t chosen) {
  if (*count_ < kMostDecisions) {
    records_[*count_] = {options | (preemptive ? kPreemptiveBit : 0), chosen};
  }
  ++*count_;
}

void ScheduleTrace::Clear() {
  if (IsOpen()) *count_ = 0;
}

}  // namespace muster::sched
