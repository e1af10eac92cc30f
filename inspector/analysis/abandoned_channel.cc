// abandoned-channel: a goroutine has long waited on channels that, as far as the record can tell,
// nobody else can name any more: no one else waits on them from the other side, and
//   - every handle of the channel is accounted for by those who wait on it, or,
//   - where handles are not counted, the goroutine that made the channel has ended.
//
// Suspected. Handles tell how many there are, not where: one waiter and one handle may also be a
// worker that uses the member of an object which others hold. So a single waiter counts only when
// the function that started it has returned or its goroutine has ended, so that at least no local
// variable there is the handle. Two and more waiters who each have a copy cannot be mistaken so: a
// shared one would count once. Known false alarms: a lone worker on a member channel of a
// long-lived object that was started by a function which has returned; without handle counts, a
// channel handed on by a goroutine that ended.
//
// What it must not flag: idle pools (main's own handle is one more than the waiters'), channels
// that timers and contexts feed (they hold a handle), pipelines between values (waits are young).
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/detectors.h"

namespace muster::inspector::analysis {
namespace {

bool IsChannelWait(const Goroutine& g) {
  return g.state == State::kWaiting && !g.waits.empty() &&
         std::all_of(g.waits.begin(), g.waits.end(),
                     [](const Wait& wait) { return wait.kind == ObjectKind::kChan; }) &&
         std::any_of(g.waits.begin(), g.waits.end(),
                     [](const Wait& wait) { return wait.object != 0; });
}

bool HasFrame(const Snapshot& snapshot, StackId stack, const std::string& part) {
  if (stack >= snapshot.stacks.size()) return false;
  const std::vector<FrameId>& frames = snapshot.stacks[stack].frames;
  return std::any_of(frames.begin(), frames.end(), [&](FrameId id) {
    return absl::StrContains(snapshot.frames[id].function, part);
  });
}

// Handles that a waiter is known to have: its own, and the iterator's in a range-for.
uint64_t HandlesOf(const Case& c, Index i) {
  return HasFrame(c.view.snapshot(), c.at(i).stack, "ChanIterator") ? 2 : 1;
}

// Whether the local variables around the `Go` call are gone: the goroutine that made it has ended,
// or is no longer in that function. False when that cannot be told.
bool SpawnerHasLeft(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (g.parent_id == 0) return false;
  const std::optional<Index> parent = c.view.IndexOf(g.parent_id);
  if (!parent.has_value()) return c.view.complete();
  const Frame* spawner = c.words.UserFrame(g.creation_stack);
  const StackId now = c.at(*parent).stack;
  if (spawner == nullptr || spawner->function.empty()) return false;
  if (now >= c.view.snapshot().stacks.size() || c.view.snapshot().stacks[now].frames.empty()) {
    return false;
  }
  // A stack that is not symbolised cannot show the function either way.
  if (c.words.UserFrame(now)->function.empty()) return false;
  return !HasFrame(c.view.snapshot(), now, spawner->function);
}

// Whether all who wait on the channel want the same of it, so that none could serve another.
bool SameSide(const Case& c, uint64_t object) {
  std::optional<Direction> side;
  for (const Index waiter : c.view.WaitersOn(object)) {
    for (const Wait& wait : c.at(waiter).waits) {
      if (wait.object != object) continue;
      if (side.value_or(wait.direction) != wait.direction) return false;
      side = wait.direction;
    }
  }
  return true;
}

bool IsAbandoned(const Case& c, Index i, uint64_t object) {
  const Resource* chan = c.view.ResourceAt(object);
  if (chan == nullptr || chan->closed || !SameSide(c, object)) return false;
  const std::vector<Index>& waiters = c.view.WaitersOn(object);
  if (chan->references > 0) {
    uint64_t handles = 0;
    for (const Index waiter : waiters) handles += HandlesOf(c, waiter);
    return handles == chan->references && (waiters.size() > 1 || SpawnerHasLeft(c, i));
  }
  const bool creator_ended =
      chan->creator_id != 0 && c.view.complete() && !c.view.IndexOf(chan->creator_id).has_value();
  return waiters.size() == 1 && creator_ended;
}

bool WaitsInVain(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (c.explained[i] || c.view.IsMain(i) || !IsChannelWait(g) || !c.view.IsOldWait(i)) return false;
  return std::all_of(g.waits.begin(), g.waits.end(), [&c, i](const Wait& wait) {
    return wait.object == 0 || IsAbandoned(c, i, wait.object);
  });
}

// Why nobody else is thought to have the channel.
std::string Ground(const Case& c, uint64_t object) {
  const Resource& chan = *c.view.ResourceAt(object);
  if (chan.references > 0) {
    return absl::StrCat("its ", Count(chan.references, "handle"),
                        chan.references == 1 ? " is" : " are",
                        " all accounted for by those who "
                        "wait on it");
  }
  return absl::StrCat("goroutine ", chan.creator_id, ", which made it, has ended");
}

}  // namespace

std::vector<Verdict> FindAbandonedChannels(const Case& c) {
  if (!c.view.has_objects()) return {};
  std::vector<Verdict> verdicts;
  for (Pile& pile : FindPiles(c, &WaitsInVain)) {
    const Goroutine& first = c.at(pile.members.front());
    const Wait& wait = *std::find_if(first.waits.begin(), first.waits.end(),
                                     [](const Wait& w) { return w.object != 0; });
    const std::string chan = c.words.Object(wait.kind, wait.object);
    const bool sends = wait.direction == Direction::kSend;
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "abandoned-channel";
    finding.certainty = Certainty::kSuspected;
    finding.title =
        absl::StrCat(Count(pile.count, "goroutine"), pile.count == 1 ? " waits" : " wait",
                     " on a channel that nobody else has");
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    for (const Index i : pile.members) {
      for (const Wait& w : c.at(i).waits) {
        if (w.object == 0 || finding.objects.size() >= 16) continue;
        if (std::find(finding.objects.begin(), finding.objects.end(), w.object) ==
            finding.objects.end()) {
          finding.objects.push_back(w.object);
        }
      }
    }
    const std::string on =
        finding.objects.size() > 1 ? absl::StrCat("a channel of its own, such as ", chan) : chan;
    finding.explanation =
        absl::StrCat(c.words.Names(finding.goroutines, pile.count), c.words.Created(pile.members),
                     pile.count == 1 ? ", " : ", each ", c.words.Waits(first), " on ", on,
                     ", which nobody ", sends ? "receives from" : "sends on",
                     ": no one else waits on it, and ", Ground(c, wait.object), ".");
    finding.actors = {
        absl::StrCat("someone must ", sends ? "receive from " : "send on or close ", chan)};
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
