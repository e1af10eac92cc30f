// global-deadlock: nobody can run any more, so nobody can wake anybody.
//
// Proven when the runtime itself said so (`fatal error: all goroutines are asleep - deadlock!`): it
// knows of every timer, poller wait and thread. So does testing/synctest of a test's bubble.
//
// A snapshot knows less: it lists only those threads that have used a primitive, and a channel that
// somebody receives from may be fed by a timer. And a live Muster process that were dead would have
// been ended by its runtime. So from a snapshot alone it is suspected at most, and only when main
// waits, nobody runs or sleeps or waits for I/O, every listed thread waits too, everything has
// waited long, and nobody waits in a receive or a select, which a timer or an unlisted thread may
// serve. An idle server, whose workers receive from channels that threads feed, is no finding.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

constexpr size_t kSentences = 4;  // goroutines told of one by one; the others are counted

// Waits that only another goroutine, or a thread that uses a primitive, can end.
constexpr std::array<std::string_view, 10> kNeedsAnother = {
    "chan send",           "chan send (nil chan)", "chan receive (nil chan)", "select (no cases)",
    "sync.Mutex.Lock",     "sync.RWMutex.RLock",   "sync.RWMutex.Lock",       "sync.Cond.Wait",
    "sync.WaitGroup.Wait", "sync.Once.Do",
};

bool NeedsAnother(const Goroutine& g) {
  return g.state == State::kWaiting &&
         std::find(kNeedsAnother.begin(), kNeedsAnother.end(), g.reason) != kNeedsAnother.end();
}

Verdict Describe(const Case& c, std::vector<Index> members, Certainty certainty,
                 const std::string& opening, const std::string& ending) {
  const auto main =
      std::find_if(members.begin(), members.end(), [&c](Index i) { return c.view.IsMain(i); });
  if (main != members.end()) std::rotate(members.begin(), main, main + 1);
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "global-deadlock";
  finding.certainty = certainty;
  finding.title = absl::StrCat("all goroutines are asleep: ", Count(members.size(), "goroutine"));
  finding.goroutines = IdsOf(c, members);
  finding.count = members.size();
  std::vector<std::string> parts;
  for (size_t k = 0; k < std::min(members.size(), kSentences); ++k) {
    const Goroutine& g = c.at(members[k]);
    parts.push_back(absl::StrCat(c.words.Name(g), " ", c.words.Waits(g)));
    for (const Wait& wait : g.waits) {
      if (wait.object != 0) finding.objects.push_back(wait.object);
    }
  }
  if (members.size() > kSentences) {
    parts.push_back(absl::StrCat(members.size() - kSentences, " more wait"));
  }
  finding.explanation = absl::StrCat(opening, Join(parts), ending);
  verdict.explains = std::move(members);
  return verdict;
}

std::vector<Verdict> DeclaredByRuntime(const Case& c) {
  std::vector<Index> members;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (c.view.IsOrdinary(i) && c.at(i).state == State::kWaiting) members.push_back(i);
  }
  return {Describe(c, std::move(members), Certainty::kProven,
                   "the runtime found that no goroutine can run: ",
                   "; nobody is left who could wake any of them.")};
}

// testing/synctest knows the same of the goroutines of one bubble.
std::vector<Verdict> DeclaredForBubble(const Case& c) {
  std::vector<Index> members;
  for (Index i = 0; i < c.view.size(); ++i) {
    const std::string& flags = c.at(i).status_flags;
    const bool inside = absl::StrContains(flags, "synctest") || absl::StrContains(flags, "durable");
    if (c.view.IsOrdinary(i) && c.at(i).state == State::kWaiting && inside) members.push_back(i);
  }
  if (members.empty()) return {};
  return {Describe(c, std::move(members), Certainty::kProven,
                   "testing/synctest found that no goroutine of the test's bubble can run: ",
                   "; nobody in the bubble is left who could wake any of them.")};
}

}  // namespace

std::vector<Verdict> FindGlobalDeadlock(const Case& c) {
  const std::string& preamble = c.view.snapshot().preamble;
  if (absl::StrContains(preamble, "all goroutines are asleep")) return DeclaredByRuntime(c);
  if (absl::StrContains(preamble, "all goroutines in bubble are blocked") ||
      absl::StrContains(preamble, "blocked goroutines remain")) {
    return DeclaredForBubble(c);
  }
  if (!c.view.complete()) return {};
  std::vector<Index> members;
  bool main_waits = false;
  for (Index i = 0; i < c.view.size(); ++i) {
    const Goroutine& g = c.at(i);
    if (g.kind == Kind::kSystem || g.state == State::kDead) continue;
    if (c.explained[i]) return {};  // that verdict says more than this one could
    if (g.reason == record::ToString(record::WaitReason::kRunMain)) continue;
    if (!NeedsAnother(g) || !c.view.IsOldWait(i)) return {};
    main_waits = main_waits || c.view.IsMain(i);
    if (g.kind == Kind::kGoroutine) members.push_back(i);
  }
  if (!main_waits) return {};
  return {
      Describe(c, std::move(members), Certainty::kSuspected, "no goroutine can run: ",
               "; only a timer or a thread that has used no primitive yet could wake one, which "
               "a snapshot cannot rule out.")};
}

}  // namespace muster::inspector::analysis
