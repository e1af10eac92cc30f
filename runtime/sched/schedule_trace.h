// ScheduleTrace: the decisions of a schedule, in a file, as they are made (MUSTER_SCHEDULE_TRACE).
//
// The file is mapped and shared, so whatever ends the process (a crash, a kill, TSan's exit), the
// decisions up to there are in it. Its layout is muster-stress's to read: the eight bytes of
// kMagic, how many decisions there were (8 bytes), then one record of 8 bytes for each: the number
// of options, with kPreemptiveBit if all but the first would be a preemption, and the one chosen.
// Numbers are the machine's own.
#ifndef MUSTER_SCHED_SCHEDULE_TRACE_H_
#define MUSTER_SCHED_SCHEDULE_TRACE_H_

#include <cstddef>
#include <cstdint>

namespace muster::sched {

class ScheduleTrace {
 public:
  static constexpr char kMagic[9] = "mstrace1";
  static constexpr uint32_t kPreemptiveBit = uint32_t{1} << 31;
  // More decisions are counted and not kept.
  static constexpr uint64_t kMostDecisions = uint64_t{1} << 22;

  // Makes or empties the file. False, with errno, if it cannot be had.
  bool Open(const char* path);
  bool IsOpen() const { return records_ != nullptr; }
  void Add(uint32_t options, bool preemptive, uint32_t chosen);
  // The schedule begins anew.
  void Clear();

 private:
  struct Record {
    uint32_t options;
    uint32_t chosen;
  };
  uint64_t* count_ = nullptr;
  Record* records_ = nullptr;
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_SCHEDULE_TRACE_H_
