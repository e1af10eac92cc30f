// lock-order: goroutines that have taken locks one under the other, in a cycle: the one took B
// while it held A, the other A while it held B. Had they done so at the same time, each would wait
// for the other, in a run in which nobody did.
//
// Suspected. Known false alarms: what keeps the goroutines apart is a channel, a condition or a
// plan of the program rather than a lock, a start or a WaitGroup; a goroutine that locks by TryLock
// for one of the two on its other path is seen by what it does otherwise. Known misses: locks that
// were never taken one under the other in this run, more than OrderGraph::kMaxCycle locks, and what
// the recording had no room for, which the snapshot's notes say.
//
// Cycles of other locks that were taken at the same places are one finding. Those whose goroutines
// hang in that very cycle are lock-cycle's.
#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"
#include "inspector/analysis/order_graph.h"

namespace muster::inspector::analysis {
namespace {

std::string LockName(const Case& c, const Held& held) {
  const char* mode = held.kind != ObjectKind::kRWMutex    ? ""
                     : held.direction == Direction::kRead ? "the read lock of "
                                                          : "the write lock of ";
  return absl::StrCat(mode, c.words.Object(held.kind, held.object));
}

// Where the lock was taken: the program's own line also where a library called Lock.
StackId TakenIn(const LockOrder& order) {
  return order.stack == kNoStack ? order.to.acquired_at : order.stack;
}

std::string Created(const Case& c, const LockOrder& order) {
  const std::string place = c.words.At(order.creation_stack);
  const std::string parent =
      order.ancestors.empty() ? ""
                              : absl::StrCat(" by ", c.words.Name(order.ancestors[0].goroutine_id));
  return place.empty() && parent.empty() ? "" : absl::StrCat(" (created", place, parent, ")");
}

// "goroutine 7 (created at app.cc:3 by goroutine 1) took sync.Mutex 0xb at bank.cc:12 while it held
// sync.Mutex 0xa (taken at bank.cc:11)".
std::string Clause(const Case& c, const LockOrder& order) {
  return absl::StrCat(c.words.Name(order.goroutine_id), Created(c, order), " took ",
                      LockName(c, order.to), c.words.At(TakenIn(order)), " while it held ",
                      LockName(c, order.from), c.words.TakenAt(order.from.acquired_at));
}

Verdict Describe(const Case& c, const OrderCycle& cycle) {
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "lock-order";
  finding.certainty = Certainty::kSuspected;
  finding.title = absl::StrCat("lock order inversion of ", Count(cycle.size(), "lock"));
  finding.count = cycle.size();
  std::vector<std::string> names;
  for (const LockOrder* order : cycle) {
    finding.goroutines.push_back(order->goroutine_id);
    finding.objects.push_back(order->from.object);
    names.push_back(c.words.Object(order->from.kind, order->from.object));
    absl::StrAppend(&finding.explanation, finding.explanation.empty() ? "" : "; ",
                    Clause(c, *order));
  }
  absl::StrAppend(&finding.explanation,
                  "; had they done so at the same time, each would wait for the next for ever.");
  finding.actors = {absl::StrCat("whoever takes ", Join(names),
                                 " must take them in one order, or under one more lock")};
  return verdict;
}

// The places of a cycle, from whichever step comes first in that order; none where one is unknown.
std::vector<std::string> PlacesOf(const Case& c, const OrderCycle& cycle) {
  std::vector<std::string> places;
  for (const LockOrder* order : cycle) {
    const std::string held = c.words.Place(order->from.acquired_at);
    const std::string taken = c.words.Place(TakenIn(*order));
    if (held.empty() || taken.empty()) return {};
    places.push_back(absl::StrCat(held, " ", taken));
  }
  std::vector<std::string> first = places;
  for (size_t i = 1; i < places.size(); ++i) {
    std::rotate(places.begin(), places.begin() + 1, places.end());
    first = std::min(first, places);
  }
  return first;
}

// The locks that goroutines wait for about which there is a verdict already.
std::unordered_set<uint64_t> LocksExplained(const Case& c) {
  std::unordered_set<uint64_t> locks;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (!c.explained[i]) continue;
    if (const std::optional<LockWait> wait = c.view.LockWaitOf(i)) locks.insert(wait->object);
  }
  return locks;
}

}  // namespace

std::vector<Verdict> FindLockOrders(const Case& c) {
  OrderGraph graph(c.view.snapshot().lock_orders);
  const std::unordered_set<uint64_t> explained = LocksExplained(c);
  std::vector<Verdict> verdicts;
  std::vector<uint64_t> alike;                            // by verdict
  std::map<std::vector<std::string>, size_t> verdict_at;  // by places
  for (const OrderCycle& cycle : graph.Cycles()) {
    const auto hangs = [&](const LockOrder* order) {
      return explained.contains(order->from.object);
    };
    if (std::all_of(cycle.begin(), cycle.end(), hangs)) continue;
    const std::vector<std::string> places = PlacesOf(c, cycle);
    const auto [at, is_new] = verdict_at.try_emplace(places, verdicts.size());
    if (!is_new && !places.empty()) {
      ++alike[at->second];
      continue;
    }
    verdicts.push_back(Describe(c, cycle));
    alike.push_back(0);
  }
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (alike[i] == 0) continue;
    absl::StrAppend(&verdicts[i].finding.explanation, " At the same places ",
                    Count(alike[i], "more cycle"), " of other locks ",
                    alike[i] == 1 ? "was" : "were", " made.");
  }
  if (graph.gave_up() && !verdicts.empty()) {
    absl::StrAppend(&verdicts.back().finding.explanation,
                    " There may be more: the search was given up after ", OrderGraph::kMaxSteps,
                    " steps.");
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
