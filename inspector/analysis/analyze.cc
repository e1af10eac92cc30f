#include <utility>

#include "inspector/analysis/detectors.h"
#include "muster/inspector/analysis.h"

namespace muster::inspector {
namespace {

using analysis::Verdict;

// In the order in which they explain: one that proves something, or names a cycle, before those
// that merely count or suspect, which then leave its goroutines alone.
constexpr std::vector<Verdict> (*kDetectors[])(const analysis::Case&) = {
    analysis::FindLeaked,           analysis::FindBlockedForever,
    analysis::FindMissingDones,     analysis::FindUnreachable,
    analysis::FindSelfDeadlocks,    analysis::FindLockCycles,
    analysis::FindLostHolders,      analysis::FindDeadlocks,
    analysis::FindUnstoppableLoops, analysis::FindLocksHeldAcrossWaits,
    analysis::FindOutlivers,        analysis::FindGlobalDeadlock,
    analysis::FindLockOrders,       analysis::FindReentrantLocks,
    analysis::FindStalledLocks,     analysis::FindStalledSends,
    analysis::FindTestTimeouts,     analysis::FindAbandonedChannels,
    analysis::FindLeakUnits,        analysis::FindPileUps,
    analysis::FindOrphans,          analysis::FindHogs,
};

}  // namespace

std::vector<Finding> Analyze(const Snapshot& snapshot, const AnalyzeOptions& options) {
  const analysis::View view(snapshot, options);
  const analysis::Words words(snapshot);
  const analysis::Shapes shapes(snapshot);
  const analysis::WaitGraph graph(view);
  std::vector<bool> explained(view.size());
  const analysis::Case shared{view, shapes, words, graph, explained};
  std::vector<Finding> findings;
  for (const auto detector : kDetectors) {
    for (Verdict& verdict : detector(shared)) {
      for (const analysis::Index i : verdict.explains) explained[i] = true;
      findings.push_back(std::move(verdict.finding));
    }
  }
  std::vector<Finding> sorted;
  for (const Certainty certainty :
       {Certainty::kProven, Certainty::kCertainNow, Certainty::kSuspected}) {
    for (Finding& finding : findings) {
      if (finding.certainty == certainty) sorted.push_back(std::move(finding));
    }
  }
  return sorted;
}

}  // namespace muster::inspector
