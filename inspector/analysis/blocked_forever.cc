// blocked-forever: a send or receive on a nil channel, or a select with no case that can ever be
// ready.
//
// Proven: by the language's rule no other goroutine can wake it, whatever it does. Those who wait
// for a lock that it holds are stuck behind it.
//
// `select {}` in main is the usual way to say "run until killed", so it is no finding for goroutine
// 1 while anyone else is there to do the work.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

// Why it can never be woken, in a few words; nullopt when it can.
std::optional<std::string> Cause(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (g.reason == "chan receive (nil chan)") return "receives from a nil channel";
  if (g.reason == "chan send (nil chan)") return "sends on a nil channel";
  if (g.reason == "select (no cases)") return "is in a select with no cases";
  // Only our own capture lists a select's cases; elsewhere an object of 0 is merely unknown.
  if (g.reason == "select" && c.view.has_objects() && !g.waits.empty() &&
      std::all_of(g.waits.begin(), g.waits.end(), [](const Wait& wait) {
        return wait.kind == ObjectKind::kChan && wait.object == 0;
      })) {
    return "is in a select whose channels are all nil";
  }
  return std::nullopt;
}

// Main may park itself for ever on purpose while others work.
bool IsParkedMain(const Case& c, Index i) {
  if (!c.view.IsMain(i) || c.at(i).reason != "select (no cases)") return false;
  for (Index other = 0; other < c.view.size(); ++other) {
    if (other == i || c.at(other).state == State::kDead) continue;
    if (c.at(other).reason == record::ToString(record::WaitReason::kRunMain)) continue;
    if (!Cause(c, other).has_value()) return true;
  }
  return false;
}

}  // namespace

std::vector<Verdict> FindBlockedForever(const Case& c) {
  std::vector<Verdict> verdicts;
  const auto blocked = [](const Case& in, Index i) {
    return !in.explained[i] && Cause(in, i).has_value() && !IsParkedMain(in, i);
  };
  for (Pile& pile : FindPiles(c, blocked)) {
    const Index first = pile.members.front();
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "blocked-forever";
    finding.certainty = Certainty::kProven;
    finding.title = absl::StrCat(Count(pile.count, "goroutine"), " blocked for ever by ",
                                 pile.count == 1 ? "itself" : "themselves");
    finding.goroutines = IdsOf(c, pile.members);
    const std::vector<Index> behind = c.graph.Behind(pile.members);
    finding.count = pile.count + behind.size();
    finding.explanation =
        absl::StrCat(c.words.Names(finding.goroutines, pile.count), c.words.Created(pile.members),
                     pile.count == 1 ? ", " : ", each ", *Cause(c, first),
                     c.words.At(c.at(first).stack), ", which nobody can ever wake");
    if (!behind.empty()) {
      absl::StrAppend(&finding.explanation, "; ", c.words.Names(IdsOf(c, behind), behind.size()),
                      behind.size() == 1 ? " waits" : " wait", " for a lock behind it");
    }
    absl::StrAppend(&finding.explanation, ".");
    verdict.explains = std::move(pile.members);
    verdict.explains.insert(verdict.explains.end(), behind.begin(), behind.end());
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
