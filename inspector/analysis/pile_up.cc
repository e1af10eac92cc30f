// pile-up: very many goroutines of one creation site wait in one place.
//
// Suspected. Where ages are known they must have been started all along and not in one burst: a
// program that starts 100,000 goroutines and has them wait is no leak, one that goes on starting
// them is. A busy server whose requests each take long looks the same from one snapshot; a second
// one tells. Where ages are not known (dumps), the group must be a third of all goroutines.
// Goroutines that wait for I/O are idle connections and are left out.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "inspector/analysis/dump_frames.h"

namespace muster::inspector::analysis {
namespace {

constexpr uint64_t kMinSharePercent = 30;
constexpr uint64_t kYoungPercent = 10;

bool MayPileUp(const Case& c, Index i) {
  if (c.explained[i] || IsIoWait(c, i)) return false;
  return c.at(i).state == State::kWaiting || c.view.grouped();
}

// Started all along: the oldest is old, and a good part is younger than half its age.
bool WasFedAllAlong(const Case& c, const Pile& pile) {
  int64_t oldest = 0;
  for (const Index i : pile.members) oldest = std::max(oldest, c.at(i).age_ns);
  if (oldest < c.view.options().suspect_after_ns) return false;
  uint64_t young = 0;
  for (const Index i : pile.members) young += c.at(i).age_ns < oldest / 2 ? c.at(i).count : 0;
  return young * 100 >= pile.count * kYoungPercent;
}

bool AgesAreKnown(const Case& c, const Pile& pile) {
  return std::any_of(pile.members.begin(), pile.members.end(),
                     [&c](Index i) { return c.at(i).age_ns > 0; });
}

}  // namespace

std::vector<Verdict> FindPileUps(const Case& c) {
  std::vector<Verdict> verdicts;
  const uint64_t total = std::max(c.view.snapshot().total(), c.view.snapshot().live);
  for (Pile& pile : FindPiles(c, &MayPileUp)) {
    if (pile.count < c.view.options().pile_up_count) break;  // the largest come first
    const bool ages = AgesAreKnown(c, pile);
    if (ages ? !WasFedAllAlong(c, pile) : pile.count * 100 < total * kMinSharePercent) continue;
    const Goroutine& first = c.at(pile.members.front());
    const Frame* frame = c.words.UserFrame(first.stack);
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "pile-up";
    finding.certainty = Certainty::kSuspected;
    finding.title = absl::StrCat(Count(pile.count, "goroutine"), " piled up in one place");
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    finding.explanation = absl::StrFormat(
        "%s of %d (%.1f%%)%s stand in %s%s; something starts them faster than they end.",
        Count(pile.count, "goroutine"), total,
        100.0 * static_cast<double>(pile.count) / static_cast<double>(std::max<uint64_t>(total, 1)),
        CreatedAside(c, pile.members), frame == nullptr ? "an unknown stack" : Where(*frame),
        ages ? ", and more have kept coming for as long as the oldest has been there" : "");
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
