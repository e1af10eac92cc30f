// The detectors. Each lives in its own file, which opens with what it proves, how certainly, and
// what it must not be taken for. All are pure functions of a Case.
#ifndef MUSTER_INSPECTOR_ANALYSIS_DETECTORS_H_
#define MUSTER_INSPECTOR_ANALYSIS_DETECTORS_H_

#include <vector>

#include "inspector/analysis/shapes.h"
#include "inspector/analysis/view.h"
#include "inspector/analysis/wait_graph.h"
#include "inspector/analysis/words.h"
#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

// What a detector may look at. `explained` marks the goroutines that the detectors before it have
// given a verdict about; suspicions leave those alone.
struct Case {
  const View& view;
  const Shapes& shapes;
  const Words& words;
  const WaitGraph& graph;
  const std::vector<bool>& explained;

  const Goroutine& at(Index index) const { return view.at(index); }
};

// A finding, and every goroutine that it explains: also those that merely wait behind it.
struct Verdict {
  Finding finding;
  std::vector<Index> explains;
};

std::vector<Verdict> FindLeaked(const Case&);
std::vector<Verdict> FindUnreachable(const Case&);
std::vector<Verdict> FindBlockedForever(const Case&);
std::vector<Verdict> FindGlobalDeadlock(const Case&);
std::vector<Verdict> FindSelfDeadlocks(const Case&);
std::vector<Verdict> FindLockCycles(const Case&);
std::vector<Verdict> FindLostHolders(const Case&);
std::vector<Verdict> FindDeadlocks(const Case&);
std::vector<Verdict> FindMissingDones(const Case&);
std::vector<Verdict> FindOutlivers(const Case&);
std::vector<Verdict> FindLocksHeldAcrossWaits(const Case&);
std::vector<Verdict> FindLockOrders(const Case&);
std::vector<Verdict> FindReentrantLocks(const Case&);
std::vector<Verdict> FindStalledLocks(const Case&);
std::vector<Verdict> FindStalledSends(const Case&);
std::vector<Verdict> FindTestTimeouts(const Case&);
std::vector<Verdict> FindOrphans(const Case&);
std::vector<Verdict> FindAbandonedChannels(const Case&);
std::vector<Verdict> FindLeakUnits(const Case&);
std::vector<Verdict> FindPileUps(const Case&);
std::vector<Verdict> FindHogs(const Case&);
std::vector<Verdict> FindUnstoppableLoops(const Case&);

// How a goroutine stands in its own way, if it does.
enum class SelfWait { kNone, kExclusive, kUpgrade, kOnce, kNestedRead };
SelfWait SelfWaitOf(const Case&, Index);

// The ids of the goroutines that have one.
std::vector<uint64_t> IdsOf(const Case&, const std::vector<Index>&);

// Where a lock was taken: by its exclusive owner, or by a goroutine that holds it for reading.
StackId TakenAt(const Case&, Index holder, uint64_t object);

// The goroutines of one creation stack, stack and status; the largest come first. In dumps without
// objects, where counts are all that there is to go by, stacks of the same functions are one.
struct Pile {
  std::vector<Index> members;
  uint64_t count = 0;  // goroutines, where a member may stand for many
};
// `of` says which goroutines count.
std::vector<Pile> FindPiles(const Case&, bool (*of)(const Case&, Index));

// Whether it waits for the network or a file, which is no fault however long it takes.
bool IsIoWait(const Case&, Index);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_DETECTORS_H_
