// Merge: the outcomes of many runs, equal ones counted once.
#ifndef TOOLS_MUSTER_STRESS_MERGE_H_
#define TOOLS_MUSTER_STRESS_MERGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/muster-stress/runner.h"
#include "tools/muster-stress/runs.h"

namespace muster::stress {

enum class FindingKind { kReport, kDeadlock, kPanic, kCrash, kTimeout, kExit };
const char* ToString(FindingKind kind);

struct StressFinding {
  FindingKind kind = FindingKind::kReport;
  std::string title;         // one line
  std::string evidence;      // the report, or the end of the output, of the first time
  Variation first;           // of the runs that had it, the first
  uint64_t runs = 0;         // runs that had it
  uint64_t occurrences = 0;  // times it was seen; a run can print a report more than once
  // The same with fewer preemptions, where that could be had (minimize.h).
  std::string minimal_schedule;
  uint64_t preemptions = 0;          // of the first run
  uint64_t minimal_preemptions = 0;  // of that schedule
};

class Merger {
 public:
  // Add takes the outcome of a run. The order of the calls does not matter.
  void Add(const Variation& run, const RunResult& result);

  uint64_t runs() const { return runs_; }
  uint64_t clean_runs() const { return clean_runs_; }
  // The most runs first; ties by the first run.
  std::vector<StressFinding> Findings() const;
  // By their keys, which are equal for findings that say the same.
  const std::map<std::string, StressFinding>& by_key() const { return findings_; }
  // A finding shows with fewer preemptions, too.
  void Minimized(const std::string& key, std::string schedule, uint64_t preemptions,
                 uint64_t minimal_preemptions);
  // Goes on from what another one had counted.
  void Restore(std::map<std::string, StressFinding> findings, uint64_t runs, uint64_t clean_runs);

 private:
  void Note(FindingKind kind, const std::string& key, std::string title, std::string evidence,
            const Variation& run, std::map<std::string, bool>* seen_in_run);
  std::map<std::string, StressFinding> findings_;
  uint64_t runs_ = 0;
  uint64_t clean_runs_ = 0;
};

// True for a run that says nothing about the program: TSan could not start in this environment.
bool TsanCouldNotStart(const RunResult& result);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_MERGE_H_
