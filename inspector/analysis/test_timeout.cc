// test-timeout: the dump was printed by a Go test that ran out of time; the goroutine that runs the
// test is the one that did not come back.
//
// Suspected: it was there when the time was over, which may also mean that it is slow. The
// goroutines of package testing, which wait for it, are no finding.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/dump_frames.h"

namespace muster::inspector::analysis {
namespace {

bool RunsATest(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (c.explained[i] || IsTestRunner(c, i)) return false;
  const Frame* creator = c.words.UserFrame(g.creation_stack);
  if (creator != nullptr && absl::StartsWith(creator->function, "testing.(*T).Run")) return true;
  const std::vector<const Frame*> frames = ProgramFrames(c, g.stack);
  return !frames.empty() && absl::StartsWith(frames.back()->function, "testing.tRunner");
}

}  // namespace

std::vector<Verdict> FindTestTimeouts(const Case& c) {
  if (!IsTestTimeout(c)) return {};
  std::vector<Verdict> verdicts;
  for (Pile& pile : FindPiles(c, &RunsATest)) {
    const Goroutine& first = c.at(pile.members.front());
    const std::vector<const Frame*> frames = ProgramFrames(c, first.stack);
    if (frames.empty()) continue;
    // Below testing.tRunner comes the test itself.
    const Frame* test = frames.back();
    if (frames.size() > 1 && absl::StartsWith(test->function, "testing.")) {
      test = frames[frames.size() - 2];
    }
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "test-timeout";
    finding.certainty = Certainty::kSuspected;
    finding.title = "a test that did not come back in time";
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    finding.explanation = absl::StrCat(
        c.words.Names(finding.goroutines, pile.count), pile.count == 1 ? " runs " : " run ",
        DisplayName(*test), " and stood in ", Where(*frames.front()), " [",
        std::string(first.status()), "] when the time of the test was over.");
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
