// stalled-send, from a Go dump, which names no channels: a goroutine has been sending for a minute
// or more, or until a test ran out of time, and nobody has received.
//
// Suspected: a receiver may just be slow. A goroutine that does nothing but feed a channel (ids,
// tokens) waits in its send for most of its life, and is no finding: it stands in the very function
// that it was started with. It is one all the same when the goroutine that started it is gone, who
// most likely had the other end, or when ten and more of one kind stand there.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/dump_frames.h"
#include "muster/inspector/report.h"

namespace muster::inspector::analysis {
namespace {

constexpr uint64_t kCrowd = 10;

bool IsStalled(const Case& c, Index i) {
  return !c.explained[i] && c.at(i).reason == "chan send" && WaitsTooLong(c, i);
}

// Whether it sends in the middle of some other work.
bool IsInTheMiddle(const Case& c, Index i) {
  return c.view.IsMain(i) || ProgramFrames(c, c.at(i).stack).size() > 1;
}

std::string Ground(const Case& c, const Pile& pile) {
  const Goroutine& first = c.at(pile.members.front());
  if (CreatorIsGone(c, pile.members.front())) {
    return absl::StrCat("; goroutine ", first.parent_id,
                        ", which started it, is not in the dump, so that nobody may be left who "
                        "would receive");
  }
  return "; no receiver is seen in the dump";
}

}  // namespace

std::vector<Verdict> FindStalledSends(const Case& c) {
  if (c.view.has_objects()) return {};
  std::vector<Verdict> verdicts;
  for (Pile& pile : FindPiles(c, &IsStalled)) {
    const bool odd = std::any_of(pile.members.begin(), pile.members.end(), [&c](Index i) {
      return IsInTheMiddle(c, i) || CreatorIsGone(c, i);
    });
    if (!odd && pile.count < kCrowd) continue;
    int64_t longest = -1;
    for (const Index i : pile.members) longest = std::max(longest, c.at(i).wait_ns.value_or(-1));
    const Frame* frame = c.words.UserFrame(c.at(pile.members.front()).stack);
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "stalled-send";
    finding.certainty = Certainty::kSuspected;
    finding.title = absl::StrCat(Count(pile.count, "goroutine"),
                                 pile.count == 1 ? " sends" : " send", " and nobody receives");
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    finding.explanation = absl::StrCat(
        c.words.Names(finding.goroutines, pile.count), CreatedAside(c, pile.members),
        pile.count == 1 ? " has been sending on a channel in "
                        : " have been sending on a channel in ",
        frame == nullptr ? "an unknown stack" : Where(*frame),
        longest >= 0 ? absl::StrCat(" for ", FormatDuration(longest), ", and nobody has received")
                     : " when the test ran out of time",
        Ground(c, pile), ".");
    finding.actors = {
        "someone must receive from that channel, or the send must be given up (a select "
        "with the context's Done)"};
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
