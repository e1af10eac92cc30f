// hog: a goroutine has been running for long without giving way. Nothing preempts it, so it keeps a
// P from all others, and who waits for it in vain (for a lock that it holds, say) may seem stuck.
//
// Suspected: a computation that has to be done looks the same, and does no harm while there are Ps
// left for the others. A call that blocks the thread, made outside of muster::Blocking, does too.
//
// What it must not flag: a goroutine that yields or parks now and then, one in a blocking region,
// one that has just begun, and one of which is not known since when it has been running.
#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"
#include "inspector/analysis/dump_frames.h"
#include "muster/inspector/report.h"

namespace muster::inspector::analysis {
namespace {

bool IsHog(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  return !c.explained[i] && g.state == State::kRunning &&
         g.running_ns.value_or(0) >= c.view.options().hog_after_ns;
}

// "3 goroutines are runnable and wait for their turn": what the hog may keep from running.
std::string WaitingForATurn(const Case& c) {
  uint64_t count = 0;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (c.at(i).state == State::kRunnable) count += c.at(i).count;
  }
  if (count == 0) return "nobody waits for a turn at present.";
  return absl::StrCat(Count(count, "goroutine"), count == 1 ? " is" : " are",
                      " runnable and must wait for a turn meanwhile.");
}

Verdict Describe(const Case& c, Pile pile) {
  int64_t longest = 0;
  for (const Index i : pile.members) longest = std::max(longest, c.at(i).running_ns.value_or(0));
  const bool one = pile.count == 1;
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "hog";
  finding.certainty = Certainty::kSuspected;
  finding.title =
      absl::StrCat(Count(pile.count, "goroutine"), one ? " runs" : " run", " without giving way");
  finding.goroutines = IdsOf(c, pile.members);
  finding.count = pile.count;
  finding.explanation = absl::StrCat(
      c.words.Names(finding.goroutines, pile.count), CreatedAside(c, pile.members),
      one ? " has" : " have", " been running for ", one ? "" : "up to ", FormatDuration(longest),
      c.words.At(c.at(pile.members.front()).stack), " without giving way; ", WaitingForATurn(c));
  finding.actors = {
      "whoever computes for long should call runtime::Gosched now and then, and whoever calls what "
      "blocks should do so in muster::Blocking"};
  verdict.explains = std::move(pile.members);
  return verdict;
}

}  // namespace

std::vector<Verdict> FindHogs(const Case& c) {
  std::vector<Verdict> verdicts;
  for (Pile& pile : FindPiles(c, &IsHog)) verdicts.push_back(Describe(c, std::move(pile)));
  return verdicts;
}

}  // namespace muster::inspector::analysis
