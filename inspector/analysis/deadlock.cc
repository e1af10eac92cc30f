// deadlock: goroutines that hold each other up over locks and other things together: one has a lock
// and waits on a channel, a WaitGroup, a condition, and whoever could end that wait is stuck as
// well, in the end behind that lock.
//
// Certain now, after a search of the process's memory: nobody that can run has a way to what they
// wait on. Not proven, since Go and Muster let any goroutine unlock a lock, so one outside could
// end it. What needs no such unlock is proven elsewhere (unreachable.cc), and locks alone have
// verdicts of their own.
//
// One finding for each group that hangs together.
#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/components.h"
#include "inspector/analysis/detectors.h"
#include "inspector/analysis/stuck.h"

namespace muster::inspector::analysis {
namespace {

constexpr size_t kSentences = 6;

// What somebody else would have to do to end the wait.
const char* ActFor(const Goroutine& g) {
  if (g.waits.size() > 1) return "serve one of its cases";
  switch (g.waits.front().kind) {
    case ObjectKind::kWaitGroup:
      return "call Done";
    case ObjectKind::kCond:
      return "signal";
    case ObjectKind::kSemaphore:
      return "release";
    default:
      break;
  }
  return g.waits.front().direction == Direction::kSend ? "receive" : "send or close";
}

class Island {
 public:
  Island(const Case& c, const std::vector<bool>& stuck, std::vector<Index> members)
      : c_(c), stuck_(stuck), members_(std::move(members)) {
    FindWantedLocks();
  }

  Verdict Describe() {
    CyclesFirst();
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "deadlock";
    finding.certainty = Certainty::kCertainNow;
    finding.title = absl::StrCat("deadlock of ", Count(members_.size(), "goroutine"));
    finding.goroutines = IdsOf(c_, members_);
    finding.count = members_.size();
    for (size_t k = 0; k < std::min(members_.size(), kSentences); ++k) {
      absl::StrAppend(&finding.explanation, k == 0 ? "" : "; ", Clause(members_[k]));
    }
    if (members_.size() > kSentences) {
      absl::StrAppend(&finding.explanation, "; ",
                      Count(members_.size() - kSentences, "more goroutine"),
                      members_.size() == kSentences + 1 ? " waits" : " wait", " with them");
    }
    absl::StrAppend(&finding.explanation,
                    "; nobody that can run has a way to any of this, so none of them can go on "
                    "unless another goroutine unlocks for one.");
    finding.objects = Objects();
    finding.actors = Actors();
    verdict.explains = members_;
    return verdict;
  }

 private:
  // Those on a cycle tell the story; the others wait behind them.
  void CyclesFirst() {
    std::map<Index, uint32_t> number;
    for (const Index i : members_) number.emplace(i, static_cast<uint32_t>(number.size()));
    std::vector<std::vector<uint32_t>> next(members_.size());
    for (size_t k = 0; k < members_.size(); ++k) {
      for (const Index other : StuckOthers(c_.view, c_.graph, stuck_, members_[k])) {
        const auto at = number.find(other);
        if (at != number.end()) next[k].push_back(at->second);
      }
    }
    std::vector<bool> cyclic(members_.size());
    for (const auto& component :
         CyclicComponents(next, std::vector<bool>(members_.size(), false))) {
      for (const uint32_t k : component) cyclic[k] = true;
    }
    std::stable_partition(members_.begin(), members_.end(),
                          [&](Index i) { return cyclic[number.at(i)]; });
  }

  // "goroutine 7 holds sync.Mutex 0xa (taken at x.cc:1) and waits in chan send at x.cc:2 on chan
  // 0xc, made at x.cc:9 by goroutine 1, where either goroutine 8 or goroutine 9 would have to
  // receive".
  std::string Clause(Index i) const {
    const Goroutine& g = c_.at(i);
    std::string clause = c_.words.Name(g);
    for (const uint64_t lock : LocksWantedOf(i)) {
      absl::StrAppend(&clause, " holds ", NameOf(lock), c_.words.TakenAt(TakenAt(c_, i, lock)),
                      " and");
    }
    absl::StrAppend(&clause, " ", c_.words.Waits(g));
    if (g.waits.empty()) return clause;
    const uint64_t object = g.waits.front().object;
    const Resource* resource = c_.view.ResourceAt(object);
    absl::StrAppend(&clause, c_.view.LockWaitOf(i).has_value() ? " for " : " on ",
                    c_.words.Object(g.waits.front().kind, object),
                    resource == nullptr ? "" : c_.words.Made(*resource),
                    g.waits.size() > 1 ? " and others" : "");
    return clause + OthersOf(i);
  }

  std::string OthersOf(Index i) const {
    const std::vector<Index> others = StuckOthers(c_.view, c_.graph, stuck_, i);
    if (c_.view.LockWaitOf(i).has_value()) {
      return others.empty() ? "" : absl::StrCat(" behind ", c_.words.Name(c_.at(others.front())));
    }
    if (others.empty()) return ", which nobody else has";
    if (others.size() == 1) {
      return absl::StrCat(", where only ", c_.words.Name(c_.at(others.front())), " could ",
                          ActFor(c_.at(i)));
    }
    constexpr size_t kNamed = 4;
    std::string text = ", where either ";
    for (size_t k = 0; k < std::min(others.size(), kNamed); ++k) {
      absl::StrAppend(&text, k == 0 ? "" : " or ", c_.words.Name(c_.at(others[k])));
    }
    if (others.size() > kNamed) absl::StrAppend(&text, " or ", others.size() - kNamed, " more");
    return absl::StrCat(text, " would have to ", ActFor(c_.at(i)));
  }

  // Which locks of theirs others wait for.
  void FindWantedLocks() {
    std::set<uint64_t> locks;
    for (const Index i : members_) {
      const std::optional<LockWait> wait = c_.view.LockWaitOf(i);
      if (wait.has_value()) locks.insert(wait->object);
    }
    for (const uint64_t lock : locks) {
      const Resource* resource = c_.view.ResourceAt(lock);
      if (resource == nullptr) continue;
      const std::optional<Index> owner = c_.view.IndexOf(resource->owner_id);
      if (owner.has_value()) wanted_locks_[*owner].push_back(lock);
      for (const Index reader : c_.view.ReadersOf(lock)) wanted_locks_[reader].push_back(lock);
    }
  }

  const std::vector<uint64_t>& LocksWantedOf(Index i) const {
    static const auto* const kNone = new std::vector<uint64_t>();
    const auto it = wanted_locks_.find(i);
    return it == wanted_locks_.end() ? *kNone : it->second;
  }

  std::vector<std::string> Actors() const {
    std::vector<std::string> actors;
    for (const Index i : members_) {
      for (const uint64_t lock : LocksWantedOf(i)) {
        actors.push_back(absl::StrCat(c_.words.Name(c_.at(i)), " must let go of ", NameOf(lock),
                                      " before it waits"));
      }
    }
    return actors;
  }

  std::vector<uint64_t> Objects() const {
    std::set<uint64_t> seen;
    std::vector<uint64_t> objects;
    for (const Index i : members_) {
      for (const Wait& wait : c_.at(i).waits) {
        if (wait.object != 0 && seen.insert(wait.object).second) objects.push_back(wait.object);
      }
    }
    return objects;
  }

  std::string NameOf(uint64_t object) const {
    const Resource* resource = c_.view.ResourceAt(object);
    return c_.words.Object(resource == nullptr ? ObjectKind::kNone : resource->kind, object);
  }

  const Case& c_;
  const std::vector<bool>& stuck_;
  std::vector<Index> members_;
  std::map<Index, std::vector<uint64_t>> wanted_locks_;
};

// Stuck goroutines without a verdict yet, by what hangs together.
std::vector<std::vector<Index>> Islands(const Case& c, const std::vector<bool>& stuck) {
  std::vector<Index> root(c.view.size());
  std::iota(root.begin(), root.end(), Index{0});
  const auto find = [&root](Index i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  const auto is_member = [&](Index i) { return stuck[i] && c.at(i).deadlocked && !c.explained[i]; };
  for (Index i = 0; i < c.view.size(); ++i) {
    if (!is_member(i)) continue;
    for (const Index other : StuckOthers(c.view, c.graph, stuck, i)) {
      if (is_member(other)) root[find(i)] = find(other);
    }
  }
  std::map<Index, std::vector<Index>> islands;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (is_member(i)) islands[find(i)].push_back(i);
  }
  std::vector<std::vector<Index>> sorted;
  for (auto& [of, members] : islands) sorted.push_back(std::move(members));
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

std::vector<Verdict> FindDeadlocks(const Case& c) {
  if (!c.view.snapshot().reachability_searched) return {};
  const std::vector<bool> stuck = FindStuck(c.view, c.graph);
  std::vector<Verdict> verdicts;
  for (std::vector<Index>& members : Islands(c, stuck)) {
    verdicts.push_back(Island(c, stuck, std::move(members)).Describe());
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
