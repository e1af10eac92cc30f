// lock-cycle: goroutines of which each waits for a lock that the next one holds (or, for a reader,
// for a writer that is queued before it), the last waiting for the first.
//
// Certain now: every member waits, so none of them will unlock anything. Not proven, since Go and
// Muster let any goroutine unlock a lock, so one outside the cycle could end it. A cycle of nothing
// but Onces is proven: a Once is completed by the return of its own function and by nothing else.
//
// One finding for each knot of goroutines, with the shortest cycle in it; those that wait behind it
// are counted. Goroutines that stand in their own way are the self-deadlock detector's.
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

// "goroutine 7 holds sync.Mutex 0xa (taken at x.cc:1) and waits at x.cc:2 for sync.Mutex 0xb".
// `wanted` is what the goroutine before it in the cycle waits for.
std::string Clause(const Case& c, Index i, const LockWait& wanted, Index next) {
  const Goroutine& g = c.at(i);
  const LockWait wait = *c.view.LockWaitOf(i);
  std::string clause = c.words.Name(g);
  const std::string lock = c.words.Object(wanted.kind, wanted.object);
  if (c.view.HoldsForReading(i, wanted.object)) {
    absl::StrAppend(&clause, " holds ", lock, " for reading");
  } else if (wait.object == wanted.object) {
    // A queued writer holds nothing yet; it stands in the way of the readers behind it.
    absl::StrAppend(&clause, " is the next writer of ", lock);
  } else if (wanted.kind == ObjectKind::kOnce) {
    absl::StrAppend(&clause, " is inside the function of ", lock);
  } else {
    absl::StrAppend(&clause, " holds ", lock);
  }
  absl::StrAppend(&clause, c.words.TakenAt(TakenAt(c, i, wanted.object)), " and waits",
                  c.words.At(g.stack), " for ");
  if (wait.kind == ObjectKind::kRWMutex) {
    absl::StrAppend(&clause, "the ", wait.for_reading ? "read" : "write", " lock of ");
  }
  absl::StrAppend(&clause, c.words.Object(wait.kind, wait.object));
  const bool queued = c.view.LockWaitOf(next)->object == wait.object;
  absl::StrAppend(&clause, queued ? " behind " : " held by ", c.words.Name(c.at(next)));
  return clause;
}

Verdict Describe(const Case& c, std::vector<Index> cycle) {
  const size_t size = cycle.size();
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "lock-cycle";
  finding.title = absl::StrCat("lock cycle of ", Count(size, "goroutine"));
  finding.goroutines = IdsOf(c, cycle);
  bool only_onces = true;
  std::unordered_set<uint64_t> listed;
  for (size_t k = 0; k < size; ++k) {
    const LockWait wait = *c.view.LockWaitOf(cycle[k]);
    const Index next = cycle[(k + 1) % size];
    only_onces = only_onces && wait.kind == ObjectKind::kOnce;
    if (listed.insert(wait.object).second) finding.objects.push_back(wait.object);
    const LockWait wanted = *c.view.LockWaitOf(cycle[(k + size - 1) % size]);
    absl::StrAppend(&finding.explanation, k == 0 ? "" : "; ", Clause(c, cycle[k], wanted, next));
    if (c.view.LockWaitOf(next)->object == wait.object) continue;  // a writer that only queues
    const char* act = wait.kind == ObjectKind::kOnce ? " must finish " : " must let go of ";
    finding.actors.push_back(
        absl::StrCat(c.words.Name(c.at(next)), act, c.words.Object(wait.kind, wait.object)));
  }
  absl::StrAppend(&finding.explanation,
                  only_onces
                      ? "; none of them can ever finish, and nobody else can do it for them."
                      : "; none of them can go on unless another goroutine unlocks for one.");
  finding.certainty = only_onces ? Certainty::kProven : Certainty::kCertainNow;
  const std::vector<Index> behind = c.graph.Behind(cycle);
  if (!behind.empty()) {
    absl::StrAppend(&finding.explanation, " ", Count(behind.size(), "more goroutine"),
                    behind.size() == 1 ? " waits" : " wait", " behind them.");
  }
  finding.count = size + behind.size();
  verdict.explains = std::move(cycle);
  verdict.explains.insert(verdict.explains.end(), behind.begin(), behind.end());
  return verdict;
}

}  // namespace

std::vector<Verdict> FindLockCycles(const Case& c) {
  std::vector<bool> stuck(c.view.size());
  for (Index i = 0; i < c.view.size(); ++i) stuck[i] = SelfWaitOf(c, i) != SelfWait::kNone;
  std::vector<Verdict> verdicts;
  for (std::vector<Index>& cycle : c.graph.Cycles(stuck)) {
    verdicts.push_back(Describe(c, std::move(cycle)));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
