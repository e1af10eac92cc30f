// unstoppable-loop: a goroutine wakes up for a timer again and again, and waits between whiles to
// be told to stop, on a channel that nobody else has any more: its scope is over, and it goes on.
//
// Certain now, after a search of the process's memory: nothing but the loop itself has a way to the
// channels on which it could be stopped. Not proven to do harm: it may be meant to run for ever,
// but then there is no use for the other cases of its select.
//
// What it must not flag: a loop that waits for its timer alone, which is meant so.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {

std::vector<Verdict> FindUnstoppableLoops(const Case& c) {
  std::vector<Verdict> verdicts;
  if (!c.view.snapshot().reachability_searched) return verdicts;
  const auto unstoppable = [](const Case& in, Index i) { return in.at(i).unstoppable; };
  for (Pile& pile : FindPiles(c, unstoppable)) {
    const Goroutine& first = c.at(pile.members.front());
    const bool one = pile.count == 1;
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "unstoppable-loop";
    finding.certainty = Certainty::kCertainNow;
    finding.title = absl::StrCat(Count(pile.count, "loop"), " on a timer that nothing can stop");
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    for (const Index i : pile.members) {
      for (const Wait& wait : c.at(i).waits) {
        if (wait.object != 0) finding.objects.push_back(wait.object);
      }
    }
    finding.explanation =
        absl::StrCat(c.words.Names(finding.goroutines, pile.count), c.words.Created(pile.members),
                     one ? ", waits" : ", each wait", c.words.At(first.stack), " for ",
                     one ? "a timer" : "timers",
                     " or to be stopped by way of another channel, which nobody else "
                     "has any more, so that ",
                     one ? "it goes" : "they go", " on for ever.");
    finding.actors = {
        "whoever starts such a loop must keep the channel or the context that ends it, and do so"};
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
