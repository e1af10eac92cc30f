// lock-held-across-wait: a goroutine has long been parked on a channel, a condition, a wait group,
// a semaphore or a Once with a lock in its hands, and others have long waited for that lock. That
// is the shape of the common real deadlock, in which those who wait are the ones who would have to
// act.
//
// Suspected: who may use a channel is not on record, so someone else may still wake the holder; and
// a lock may be held for as long as a slow reply takes.
//
// What it must not flag: a lock held while nobody wants it (a worker that owns its state), a lock
// held through a sleep, I/O or work, and waits that are young. Holders in a cycle of locks, or
// behind one, have been explained by then.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

// What can only be ended by somebody who gets as far as doing so.
bool NeedsAnAct(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (g.state != State::kWaiting || g.waits.empty() || c.view.LockWaitOf(i).has_value()) {
    return false;
  }
  for (const Wait& wait : g.waits) {
    if (wait.kind != ObjectKind::kChan && wait.kind != ObjectKind::kCond &&
        wait.kind != ObjectKind::kWaitGroup && wait.kind != ObjectKind::kSemaphore) {
      return false;
    }
  }
  return true;
}

Verdict Describe(const Case& c, Index holder, std::vector<Index> waiters) {
  const uint64_t object = c.view.LockWaitOf(waiters.front())->object;
  const Goroutine& g = c.at(holder);
  const std::string lock = c.words.Object(c.view.LockWaitOf(waiters.front())->kind, object);
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "lock-held-across-wait";
  finding.certainty = Certainty::kSuspected;
  finding.title = "a lock is held by one who waits for something else";
  finding.goroutines = IdsOf(c, {holder});
  for (const uint64_t id : IdsOf(c, waiters)) finding.goroutines.push_back(id);
  finding.objects = {object};
  for (const Wait& wait : g.waits) {
    if (wait.object != 0) finding.objects.push_back(wait.object);
  }
  finding.count = 1 + waiters.size();
  finding.explanation = absl::StrCat(
      c.words.Name(g), " holds ", lock, c.words.TakenAt(TakenAt(c, holder, object)), " and ",
      c.words.Waits(g), " on ", c.words.Object(g.waits.front().kind, g.waits.front().object),
      g.waits.size() > 1 ? " and others" : "", ", while ",
      c.words.Names(IdsOf(c, waiters), waiters.size()), waiters.size() == 1 ? " waits" : " wait",
      " for the lock", c.words.At(c.at(waiters.front()).stack),
      "; if it is one of these that would have to act, none of them can go on.");
  finding.actors = {absl::StrCat("someone must end the wait of ", c.words.Name(g))};
  verdict.explains = std::move(waiters);
  verdict.explains.push_back(holder);
  return verdict;
}

}  // namespace

std::vector<Verdict> FindLocksHeldAcrossWaits(const Case& c) {
  std::map<std::pair<Index, uint64_t>, std::vector<Index>> waiting;  // by holder and lock
  for (Index i = 0; i < c.view.size(); ++i) {
    const std::optional<LockWait> wait = c.view.LockWaitOf(i);
    if (!wait.has_value() || c.explained[i] || !c.view.IsOldWait(i)) continue;
    // A reader may wait behind a writer that is queued: then that one's turn comes here too.
    for (const WaitGraph::Node holder : c.graph.BlockersOf(i)) {
      if (holder >= c.view.size() || c.explained[holder]) continue;
      if (NeedsAnAct(c, holder) && c.view.IsOldWait(holder)) {
        waiting[{holder, wait->object}].push_back(i);
      }
    }
  }
  std::vector<Verdict> verdicts;
  for (auto& [key, waiters] : waiting) {
    verdicts.push_back(Describe(c, key.first, std::move(waiters)));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
