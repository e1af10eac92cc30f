// lost-holder: someone waits for a lock whose holder does not exist any more: it ended without
// unlocking.
//
// Certain now: in a complete snapshot an owner that is not listed has ended. Not proven, since
// another goroutine may still unlock for it (a mutex used as a signal). An incomplete snapshot
// gives no verdict. A holder that started while the capture ran may be missed by it, so only a hold
// that has lasted counts (AnalyzeOptions::settled_ns).
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

bool HasEnded(const Case& c, uint64_t id) {
  const std::optional<Index> index = c.view.IndexOf(id);
  return !index.has_value() || c.at(*index).state == State::kDead;
}

}  // namespace

std::vector<Verdict> FindLostHolders(const Case& c) {
  if (!c.view.complete()) return {};
  std::map<uint64_t, std::vector<Index>> waiting;  // by lock
  for (Index i = 0; i < c.view.size(); ++i) {
    const std::optional<LockWait> wait = c.view.LockWaitOf(i);
    if (!wait.has_value() || !c.view.WaitIsSettled(i)) continue;
    const Resource* lock = c.view.ResourceAt(wait->object);
    if (lock == nullptr || lock->owner_id == 0 || !c.view.OwnershipIsSettled(*lock)) continue;
    if (HasEnded(c, lock->owner_id)) waiting[wait->object].push_back(i);
  }
  std::vector<Verdict> verdicts;
  for (auto& [object, waiters] : waiting) {
    const Resource& lock = *c.view.ResourceAt(object);
    const std::string name = c.words.Object(lock.kind, object);
    const Goroutine& first = c.at(waiters.front());
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "lost-holder";
    finding.certainty = Certainty::kCertainNow;
    finding.title = "a lock whose holder has ended";
    finding.goroutines = IdsOf(c, waiters);
    finding.objects = {object};
    finding.explanation = absl::StrCat(
        c.words.Name(lock.owner_id), " took ", name, c.words.At(lock.acquired_at),
        " and ended without letting go of it; ", c.words.Names(finding.goroutines, waiters.size()),
        waiters.size() == 1 ? " waits" : " wait", " for it", c.words.At(first.stack),
        ", and only an Unlock by another goroutine could wake ",
        waiters.size() == 1 ? "it." : "them.");
    finding.actors = {absl::StrCat("whoever shares ", name, " must unlock it")};
    const std::vector<Index> behind = c.graph.Behind(waiters);
    finding.count = waiters.size() + behind.size();
    verdict.explains = std::move(waiters);
    verdict.explains.insert(verdict.explains.end(), behind.begin(), behind.end());
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
