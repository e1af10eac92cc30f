// self-deadlock: a goroutine waits for a lock that it holds itself.
//   - a Mutex locked twice; an RWMutex locked for writing by its reader, or in any way by its
//   writer
//   - a Once whose function calls Do of the same Once
// nested-read-lock: a goroutine holds a read lock and asks for another on the same RWMutex behind a
// queued writer, which waits for the first one.
//
// Certain now: the goroutine will not go on by itself, but Go and Muster let another goroutine
// unlock a lock that it did not take, so a snapshot cannot prove that nobody will. The Once is
// proven: only its own function's return completes it, and that waits for itself.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

bool Owns(const Case& c, Index i, uint64_t object) {
  const Resource* resource = c.view.ResourceAt(object);
  return resource != nullptr && resource->owner_id != 0 && resource->owner_id == c.at(i).id &&
         c.view.OwnershipIsSettled(*resource);
}

std::string Sentence(const Case& c, Index i, SelfWait self) {
  const Goroutine& g = c.at(i);
  const LockWait wait = *c.view.LockWaitOf(i);
  const std::string name = c.words.Name(g);
  const std::string lock = c.words.Object(wait.kind, wait.object);
  const std::string taken = c.words.TakenAt(TakenAt(c, i, wait.object));
  const std::string at = c.words.At(g.stack);
  switch (self) {
    case SelfWait::kOnce:
      return absl::StrCat(name, " is inside the function of ", lock, taken, " and waits", at,
                          " for that same Once to be done; only the return of that function could "
                          "wake it.");
    case SelfWait::kUpgrade:
      return absl::StrCat(name, " holds ", lock, " for reading", taken, " and waits", at,
                          " to lock it for writing, which waits for its own read lock; only an "
                          "RUnlock by another goroutine could wake it.");
    case SelfWait::kNestedRead: {
      const Index writer = c.graph.BlockersOf(i).front();
      return absl::StrCat(name, " holds ", lock, " for reading", taken, " and waits", at,
                          " to lock it for reading again, behind ", c.words.Name(c.at(writer)),
                          ", which waits", c.words.At(c.at(writer).stack),
                          " for the write lock and so for the first read lock of ", name,
                          "; only an RUnlock by another goroutine could wake them.");
    }
    case SelfWait::kExclusive:
    case SelfWait::kNone:
      break;
  }
  const char* how = wait.kind == ObjectKind::kMutex ? " to lock it again"
                    : wait.for_reading              ? " to lock it for reading too"
                                                    : " to lock it for writing again";
  return absl::StrCat(name, " holds ", lock,
                      wait.kind == ObjectKind::kRWMutex ? " for writing" : "", taken, " and waits",
                      at, how, "; only an Unlock by another goroutine could wake it.");
}

const char* Title(SelfWait self) {
  switch (self) {
    case SelfWait::kOnce:
      return "a Once waits for itself";
    case SelfWait::kUpgrade:
      return "a reader waits to write";
    case SelfWait::kNestedRead:
      return "a read lock taken twice, with a writer between";
    case SelfWait::kExclusive:
    case SelfWait::kNone:
      break;
  }
  return "a goroutine waits for a lock that it holds";
}

}  // namespace

SelfWait SelfWaitOf(const Case& c, Index i) {
  const std::optional<LockWait> wait = c.view.LockWaitOf(i);
  if (!wait.has_value() || !c.view.WaitIsSettled(i)) return SelfWait::kNone;
  if (Owns(c, i, wait->object)) {
    return wait->kind == ObjectKind::kOnce ? SelfWait::kOnce : SelfWait::kExclusive;
  }
  if (wait->kind != ObjectKind::kRWMutex || !c.view.HoldsForReading(i, wait->object)) {
    return SelfWait::kNone;
  }
  if (!wait->for_reading) return SelfWait::kUpgrade;
  // A reader is in nobody's way but a writer's.
  for (const Index blocker : c.graph.BlockersOf(i)) {
    const std::optional<LockWait> other = c.view.LockWaitOf(blocker);
    if (other.has_value() && other->object == wait->object && !other->for_reading) {
      return SelfWait::kNestedRead;
    }
  }
  return SelfWait::kNone;
}

std::vector<Verdict> FindSelfDeadlocks(const Case& c) {
  // Several goroutines may be stuck in the same way on one lock; that is one finding.
  std::map<std::pair<uint64_t, SelfWait>, std::vector<Index>> stuck;
  for (Index i = 0; i < c.view.size(); ++i) {
    const SelfWait self = SelfWaitOf(c, i);
    if (self != SelfWait::kNone) stuck[{c.view.LockWaitOf(i)->object, self}].push_back(i);
  }
  std::vector<Verdict> verdicts;
  for (auto& [key, members] : stuck) {
    const auto [object, self] = key;
    const Index first = members.front();
    const LockWait wait = *c.view.LockWaitOf(first);
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = self == SelfWait::kNestedRead ? "nested-read-lock" : "self-deadlock";
    finding.certainty = self == SelfWait::kOnce ? Certainty::kProven : Certainty::kCertainNow;
    finding.title = Title(self);
    finding.objects = {object};
    finding.goroutines = IdsOf(c, members);
    finding.explanation = Sentence(c, first, self);
    if (members.size() > 1) {
      absl::StrAppend(&finding.explanation, " ", Count(members.size() - 1, "other goroutine"),
                      members.size() == 2 ? " does" : " do", " the same.");
    }
    if (self == SelfWait::kNestedRead) {
      for (const Index writer : c.graph.BlockersOf(first)) {
        finding.goroutines.push_back(c.at(writer).id);
        members.push_back(writer);
      }
    }
    finding.actors = {absl::StrCat(
        c.words.Name(c.at(first)),
        self == SelfWait::kOnce ? " must not call Do of " : " must let go of ",
        c.words.Object(wait.kind, object),
        self == SelfWait::kOnce ? " from the function that it runs" : " before it asks again")};
    const std::vector<Index> behind = c.graph.Behind(members);
    finding.count = members.size() + behind.size();
    verdict.explains = std::move(members);
    verdict.explains.insert(verdict.explains.end(), behind.begin(), behind.end());
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
