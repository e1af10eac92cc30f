// leaked: Go's garbage collector found that nothing that can still run reaches what the goroutine
// waits on, and its dump says so: `[chan send (leaked)]`.
//
// Proven, by Go and not by us; all of a `goroutineleak` profile is. What goleak printed is certain
// only for the end of the test that it watched: a goroutine may have ended a moment later. A
// goroutine in the same state without the flag is not called leaked: something reaches its channel,
// say a global variable.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

// debug=1 and the protobuf of that profile list the leaked ones and nothing else; its debug=2 lists
// all goroutines, and flags them.
bool IsLeakProfile(const Case& c) {
  return c.view.grouped() && c.view.snapshot().profile == "goroutineleak";
}

bool IsFromGoleak(const Case& c) { return c.view.snapshot().format == "goleak"; }

std::string Does(const Case& c, const Goroutine& g) {
  if (g.state == State::kWaiting) return c.words.Waits(g);
  return absl::StrCat("stands", c.words.At(g.stack));
}

}  // namespace

std::vector<Verdict> FindLeaked(const Case& c) {
  std::vector<Verdict> verdicts;
  if (c.view.snapshot().reachability_searched) return verdicts;  // see unreachable.cc
  const auto leaked = [](const Case& in, Index i) {
    return absl::StrContains(in.at(i).status_flags, "(leaked)") || IsLeakProfile(in) ||
           IsFromGoleak(in);
  };
  for (Pile& pile : FindPiles(c, leaked)) {
    const Goroutine& first = c.at(pile.members.front());
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "leaked";
    const bool by_goleak = IsFromGoleak(c);
    finding.certainty = by_goleak ? Certainty::kCertainNow : Certainty::kProven;
    finding.title = absl::StrCat(Count(pile.count, "leaked goroutine"));
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    finding.explanation = absl::StrCat(
        c.words.Names(finding.goroutines, pile.count), c.words.Created(pile.members),
        pile.count == 1 ? ", " : ", each ", Does(c, first),
        by_goleak
            ? "; goleak found it left over at the end of a test."
            : "; Go's garbage collector found that nothing which can still run reaches what it "
              "waits on, so nobody is left who could wake it.");
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
