// Merge: the outcomes of many runs, equal ones counted once.
#ifndef TOOLS_MUSTER_STRESS_MERGE_H_
#define TOOLS_MUSTER_STRESS_MERGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/muster-stress/runner.h"

namespace muster::stress {

enum class FindingKind { kReport, kDeadlock, kPanic, kCrash, kTimeout, kExit };
const char* ToString(FindingKind kind);

struct StressFinding {
  FindingKind kind = FindingKind::kReport;
  std::string title;         // one line
  std::string evidence;      // the report, or the end of the output, of the first time
  uint64_t first_seed = 0;   // of the runs that had it, the smallest
  uint64_t runs = 0;         // runs that had it
  uint64_t occurrences = 0;  // times it was seen; a run can print a report more than once
};

class Merger {
 public:
  // Add takes the outcome of the run with `seed`. The order of the calls does not matter.
  void Add(uint64_t seed, const RunResult& result);

  uint64_t runs() const { return runs_; }
  uint64_t clean_runs() const { return clean_runs_; }
  // The most runs first; ties by the first seed.
  std::vector<StressFinding> Findings() const;

 private:
  void Note(FindingKind kind, const std::string& key, std::string title, std::string evidence,
            uint64_t seed, std::map<std::string, bool>* seen_in_run);
  std::map<std::string, StressFinding> findings_;
  uint64_t runs_ = 0;
  uint64_t clean_runs_ = 0;
};

// True for a run that says nothing about the program: TSan could not start in this environment.
bool TsanCouldNotStart(const RunResult& result);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_MERGE_H_
