// Trace files: the decisions that the runtime took in a run (its MUSTER_SCHEDULE_TRACE).
#ifndef TOOLS_MUSTER_STRESS_TRACE_FILE_H_
#define TOOLS_MUSTER_STRESS_TRACE_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace muster::stress {

struct Decision {
  uint32_t options = 0;
  uint32_t chosen = 0;
  bool preemptive = false;  // all but option 0 take the CPU from a goroutine that could go on
};

// ReadTrace reads what a run has left in `path`; empty when there is nothing, or something else.
std::vector<Decision> ReadTrace(const std::string& path);

// ReplayText is the MUSTER_SCHEDULE that takes the same decisions: "replay:0*12.1". Those at the
// end that a replay takes anyway are left out.
std::string ReplayText(const std::vector<Decision>& trace);

// How many decisions were preemptions.
uint64_t Preemptions(const std::vector<Decision>& trace);

// A file name of its own for as long as it lives; the file is removed with it.
class TempTrace {
 public:
  TempTrace();
  ~TempTrace();
  TempTrace(const TempTrace&) = delete;
  TempTrace& operator=(const TempTrace&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_TRACE_FILE_H_
