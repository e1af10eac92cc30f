// View: a snapshot with the indexes that detectors need, built once and read by all of them. It
// refers to the snapshot and the options, which must outlive it.
//
// Detectors name a goroutine by its index in Snapshot::goroutines, since entries of grouped dumps
// have no id.
#ifndef MUSTER_INSPECTOR_ANALYSIS_VIEW_H_
#define MUSTER_INSPECTOR_ANALYSIS_VIEW_H_

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

using Index = uint32_t;  // into Snapshot::goroutines

// The lock that a goroutine waits for: a Mutex, an RWMutex or a Once in progress.
struct LockWait {
  uint64_t object = 0;
  ObjectKind kind = ObjectKind::kNone;
  bool for_reading = false;
};

class View {
 public:
  View(const Snapshot& snapshot, const AnalyzeOptions& options);

  const Snapshot& snapshot() const { return snapshot_; }
  const AnalyzeOptions& options() const { return options_; }
  const Goroutine& at(Index index) const { return snapshot_.goroutines[index]; }
  Index size() const { return static_cast<Index>(snapshot_.goroutines.size()); }

  // Whether an id that is not listed is an id that does not exist: the capture saw every goroutine
  // that lived, and says so. Never true of a dump, whose writer may have left some out.
  bool complete() const;
  // Whether the entries stand for many goroutines each and have no ids (debug=1, proto).
  bool grouped() const { return grouped_; }
  // Whether it was taken by Muster's own capture, whose `waits` name objects. An object of 0 is a
  // nil channel there, and merely unknown elsewhere.
  bool has_objects() const;

  std::optional<Index> IndexOf(uint64_t id) const;
  const Resource* ResourceAt(uint64_t address) const;  // nullptr when not recorded
  // The goroutines and threads that wait on an object, each once.
  const std::vector<Index>& WaitersOn(uint64_t address) const;
  // The goroutines that hold a read lock on it.
  const std::vector<Index>& ReadersOf(uint64_t address) const;

  std::optional<LockWait> LockWaitOf(Index index) const;
  bool HoldsForReading(Index index, uint64_t object) const;

  // Lasting: old enough for a verdict about who waits for whom (AnalyzeOptions::settled_ns).
  bool WaitIsSettled(Index index) const;
  bool OwnershipIsSettled(const Resource& resource) const;
  // Old enough for a suspicion. An age that the dump does not give is old enough.
  bool IsOldWait(Index index) const;

  // The program's main goroutine: the one that muster::Run or Go's runtime started.
  bool IsMain(Index index) const;
  // A goroutine of the program: neither a thread nor one of the runtime's own, and not dead.
  bool IsOrdinary(Index index) const;

 private:
  using ByObject = std::unordered_map<uint64_t, std::vector<Index>>;

  const Snapshot& snapshot_;
  const AnalyzeOptions& options_;
  bool grouped_ = false;
  std::unordered_map<uint64_t, Index> by_id_;
  std::unordered_map<uint64_t, Index> by_address_;  // into Snapshot::resources
  ByObject waiters_;
  ByObject readers_;
};

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_VIEW_H_
