// unreachable: the process has searched its memory, and nothing that can still run has a way to
// what the goroutine waits on (runtime::FindLeaks).
//
// Proven. What the search cannot see is named in muster/leaks.h: pointers that are stored encoded,
// or only in the kernel or another process. Its misses are silent: a goroutine that is not flagged
// may be leaked as well.
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {

std::vector<Verdict> FindUnreachable(const Case& c) {
  std::vector<Verdict> verdicts;
  if (!c.view.snapshot().reachability_searched) return verdicts;
  const auto unreachable = [](const Case& in, Index i) {
    return !in.explained[i] && absl::StrContains(in.at(i).status_flags, "(leaked)");
  };
  for (Pile& pile : FindPiles(c, unreachable)) {
    const Goroutine& first = c.at(pile.members.front());
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "unreachable";
    finding.certainty = Certainty::kProven;
    finding.title = absl::StrCat(Count(pile.count, "goroutine"), " that nothing can wake");
    finding.goroutines = IdsOf(c, pile.members);
    for (const Index i : pile.members) {
      for (const Wait& wait : c.at(i).waits) {
        if (wait.object != 0) finding.objects.push_back(wait.object);
      }
    }
    finding.count = pile.count;
    finding.explanation = absl::StrCat(
        c.words.Names(finding.goroutines, pile.count), c.words.Created(pile.members),
        pile.count == 1 ? ", " : ", each ", c.words.Waits(first),
        "; no pointer to that can be found from anything that can still run, so nobody is left who "
        "could wake it.");
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
