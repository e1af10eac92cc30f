// Stuck: which goroutines can go on only if somebody unlocks a lock for its holder.
//
// A wait for a lock is an AND: every holder has to let go, so one that is stuck is enough. A wait
// on anything else is an OR: any one of those who have a way to it could end it, so all of them
// must be stuck. The answer is the greatest set of waiting goroutines that agrees with both.
//
// Who has a way to a channel or a WaitGroup is not in the record; a search of the process's memory
// tells it (Goroutine::deadlocked, could_wake). Only those that it found are looked at: what has
// changed between the search and the snapshot takes goroutines out, and never brings any in.
#ifndef MUSTER_INSPECTOR_ANALYSIS_STUCK_H_
#define MUSTER_INSPECTOR_ANALYSIS_STUCK_H_

#include <vector>

#include "inspector/analysis/view.h"
#include "inspector/analysis/wait_graph.h"

namespace muster::inspector::analysis {

// By goroutine. Linear in the edges.
std::vector<bool> FindStuck(const View& view, const WaitGraph& graph);

// Whom the goroutine's next step depends on, as far as they are `stuck`: the lock's holders, or
// those who might end its wait. Of many holders the first few.
std::vector<Index> StuckOthers(const View& view, const WaitGraph& graph,
                               const std::vector<bool>& stuck, Index goroutine);

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_STUCK_H_
