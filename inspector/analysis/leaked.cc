// leaked: Go's garbage collector found that nothing that can still run reaches what the goroutine
// waits on, and its dump says so: `[chan send (leaked)]`.
//
// Proven, by Go and not by us. A goroutine in the same state without the flag is not called leaked:
// something reaches its channel, say a global variable.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {

std::vector<Verdict> FindLeaked(const Case& c) {
  std::vector<Verdict> verdicts;
  const auto leaked = [](const Case& in, Index i) {
    return absl::StrContains(in.at(i).status_flags, "(leaked)");
  };
  for (Pile& pile : FindPiles(c, leaked)) {
    const Goroutine& first = c.at(pile.members.front());
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "leaked";
    finding.certainty = Certainty::kProven;
    finding.title = absl::StrCat(Count(pile.count, "leaked goroutine"));
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    finding.explanation = absl::StrCat(
        c.words.Names(finding.goroutines, pile.count), c.words.Created(pile.members),
        pile.count == 1 ? ", " : ", each ", c.words.Waits(first),
        "; Go's garbage collector found that nothing which can still run reaches what it waits on, "
        "so nobody is left who could wake it.");
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
