// stalled-lock, from a Go dump, which names no owners: goroutines have waited for a lock for a
// minute or more, or until a test ran out of time. Nobody holds a lock that long on purpose.
// lock-and-channel: the one who seems to hold the lock waits on a channel, which those who want the
// lock may well be the ones to serve. lock-cycle: those who seem to hold locks wait for one
// another.
//
// Who may hold the lock is guessed from addresses: a lock lies inside the object whose method wants
// it, so a goroutine that works on that same object, and waits for something else, may have it.
//
// Suspected: the dump does not say who holds a lock; a slow holder may still let go of it.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/dump_frames.h"
#include "muster/inspector/report.h"

namespace muster::inspector::analysis {
namespace {

constexpr size_t kShownHolders = 3;

// A goroutine that may hold the lock, and the call that ties it to the lock's object.
struct Holder {
  Index goroutine;
  const Frame* call;
};

// Those who wait for one lock, the longest first.
struct Stall {
  uint64_t object = 0;  // 0 when the dump does not show it
  ObjectKind kind = ObjectKind::kNone;
  std::vector<Index> waiters;
  uint64_t count = 0;
  const Frame* wants = nullptr;   // the call that wants it
  const Frame* caller = nullptr;  // a call of the same object further out on the same stack
  std::vector<Holder> holders;
};

bool Holds(uint64_t argument, uint64_t lock) {
  return argument != 0 && lock >= argument && lock - argument < kObjectSize;
}

// Whether the lock is another one than those that `stall` is about.
bool WaitsElsewhere(const Case& c, Index i, const Stall& stall) {
  const Goroutine& g = c.at(i);
  return !WaitsForLock(g) || g.waits.empty() || g.waits.front().object != stall.object;
}

std::vector<Stall> FindStalls(const Case& c) {
  // Where the address is not printed, the call that wants the lock stands for it.
  std::map<std::tuple<uint64_t, std::string_view>, Stall> stalls;
  for (Index i = 0; i < c.view.size(); ++i) {
    const Goroutine& g = c.at(i);
    if (!c.view.IsOrdinary(i) || c.explained[i] || !WaitsForLock(g) || !WaitsTooLong(c, i))
      continue;
    const std::vector<const Frame*> frames = ProgramFrames(c, g.stack);
    const Wait wait = g.waits.empty() ? Wait{} : g.waits.front();
    const std::string_view function =
        frames.empty() || wait.object != 0 ? std::string_view() : frames.front()->function;
    Stall& stall = stalls[{wait.object, function}];
    stall.object = wait.object;
    stall.kind = wait.kind;
    stall.waiters.push_back(i);
    stall.count += g.count;
  }
  std::vector<Stall> found;
  for (auto& [key, stall] : stalls) {
    std::stable_sort(stall.waiters.begin(), stall.waiters.end(), [&c](Index a, Index b) {
      return c.at(a).wait_ns.value_or(0) > c.at(b).wait_ns.value_or(0);
    });
    found.push_back(std::move(stall));
  }
  return found;
}

// Fills in what the stack of the one who waits longest tells, and returns the object that the lock
// lies in: the receiver of the call that wants it, when that is so; 0 when the dump does not show.
uint64_t FindObject(const Case& c, Stall* stall) {
  const std::vector<Call> calls = ProgramCalls(c, stall->waiters.front());
  if (calls.empty()) return 0;
  stall->wants = calls.front().frame;
  if (stall->object == 0) return 0;
  const uint64_t receiver = FirstArgument(calls.front()).value_or(0);
  const uint64_t object = Holds(receiver, stall->object) ? receiver : stall->object;
  for (size_t k = 1; k < calls.size() && stall->caller == nullptr; ++k) {
    if (FirstArgument(calls[k]) == object && !ReceiverType(calls[k].frame->function).empty()) {
      stall->caller = calls[k].frame;
    }
  }
  return object;
}

// Finds the goroutines whose calls name the object of a stall. All stalls in one go: a dump may
// have many of both.
void FindHolders(const Case& c, std::vector<Stall>* stalls) {
  std::unordered_multimap<uint64_t, size_t> wanted;
  for (size_t k = 0; k < stalls->size(); ++k) {
    Stall& stall = (*stalls)[k];
    const uint64_t object = FindObject(c, &stall);
    if (object == 0) continue;
    wanted.emplace(object, k);
    if (stall.object != object) wanted.emplace(stall.object, k);
  }
  if (wanted.empty()) return;
  for (Index i = 0; i < c.view.size(); ++i) {
    if (!c.view.IsOrdinary(i) || c.at(i).state == State::kRunning) continue;
    for (const Call& call : ProgramCalls(c, i)) {
      const std::optional<uint64_t> argument = FirstArgument(call);
      if (!argument.has_value()) continue;
      const auto [begin, end] = wanted.equal_range(*argument);
      for (auto it = begin; it != end; ++it) {
        Stall& stall = (*stalls)[it->second];
        const bool known = !stall.holders.empty() && stall.holders.back().goroutine == i;
        if (!known && WaitsElsewhere(c, i, stall)) stall.holders.push_back({i, call.frame});
      }
    }
  }
}

std::string LockName(const Case& c, const Stall& stall) {
  if (stall.object != 0) return c.words.Object(stall.kind, stall.object);
  const std::string_view kind = record::ToString(stall.kind);
  return kind.empty() ? "a lock" : absl::StrCat("a ", std::string(kind));
}

std::string HolderSentence(const Case& c, const Stall& stall) {
  if (stall.holders.empty() && stall.caller == nullptr) {
    return absl::StrCat("; the holder is unknown: no goroutine of the dump shows that it has it",
                        c.view.snapshot().truncated ? ", and the dump is cut off" : "", ".");
  }
  std::string text;
  if (stall.caller != nullptr) {
    absl::StrAppend(&text, "; it is itself called from ", Where(*stall.caller),
                    " of the same object, which may hold the lock");
  }
  for (size_t k = 0; k < std::min(stall.holders.size(), kShownHolders); ++k) {
    const Goroutine& holder = c.at(stall.holders[k].goroutine);
    absl::StrAppend(&text, "; ", c.words.Name(holder), " is in ", Where(*stall.holders[k].call),
                    " of the same object and ", c.words.Waits(holder),
                    k == 0 ? ", so that it may hold the lock" : "");
  }
  return absl::StrCat(text, "; the dump does not say who holds it.");
}

// A possible holder who waits on a channel belongs to the same verdict.
void AddChannelWaiters(const Case& c, const Stall& stall, Verdict* verdict) {
  for (const Holder& holder : stall.holders) {
    const Goroutine& g = c.at(holder.goroutine);
    const bool on_channel = absl::StartsWith(g.reason, "chan ") || g.reason == "select";
    if (!on_channel || !WaitsTooLong(c, holder.goroutine)) continue;
    Finding& finding = verdict->finding;
    finding.rule = "lock-and-channel";
    finding.title = "a lock held, it seems, by one who waits on a channel";
    if (g.id != 0) finding.goroutines.push_back(g.id);
    finding.count += g.count;
    verdict->explains.push_back(holder.goroutine);
  }
}

Verdict Describe(const Case& c, const Stall& stall) {
  const Goroutine& first = c.at(stall.waiters.front());
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "stalled-lock";
  finding.certainty = Certainty::kSuspected;
  finding.title =
      absl::StrCat(Count(stall.count, "goroutine"), stall.count == 1 ? " waits" : " wait",
                   " long for one lock, holder unknown");
  finding.goroutines = IdsOf(c, stall.waiters);
  if (stall.object != 0) finding.objects = {stall.object};
  finding.count = stall.count;
  finding.explanation = absl::StrCat(
      c.words.Names(finding.goroutines, stall.count),
      stall.count == 1 ? " waits in " : " wait, the first of them in ",
      stall.wants == nullptr ? "an unknown stack" : Where(*stall.wants), " for ",
      LockName(c, stall),
      first.wait_ns.has_value() ? absl::StrCat(", for ", FormatDuration(*first.wait_ns), " already")
                                : " until the test ran out of time",
      HolderSentence(c, stall));
  finding.actors = {absl::StrCat("the holder of ", LockName(c, stall), " must unlock it")};
  verdict.explains = stall.waiters;
  AddChannelWaiters(c, stall, &verdict);
  return verdict;
}

// The stall whose lock one of the possible holders of `stall` waits for.
std::optional<size_t> NextStall(const Stall& stall, const std::map<Index, size_t>& stall_of,
                                Index* holder) {
  for (const Holder& candidate : stall.holders) {
    const auto it = stall_of.find(candidate.goroutine);
    if (it == stall_of.end()) continue;
    *holder = candidate.goroutine;
    return it->second;
  }
  return std::nullopt;
}

struct Step {
  size_t stall;
  Index holder;  // of that stall's lock, who waits for the next one
};

// One cycle, when following the holders leads back; it begins at the smallest stall.
std::vector<Step> FollowFrom(size_t start, const std::vector<Stall>& stalls,
                             const std::map<Index, size_t>& stall_of) {
  std::vector<Step> path;
  std::vector<bool> seen(stalls.size());
  for (size_t at = start; !seen[at];) {
    seen[at] = true;
    Index holder = 0;
    const std::optional<size_t> next = NextStall(stalls[at], stall_of, &holder);
    if (!next.has_value()) return {};
    path.push_back({at, holder});
    if (*next == start) return path;
    at = *next;
  }
  return {};
}

Verdict DescribeCycle(const Case& c, const std::vector<Stall>& stalls,
                      const std::vector<Step>& cycle) {
  Verdict verdict;
  Finding& finding = verdict.finding;
  finding.rule = "lock-cycle";
  finding.certainty = Certainty::kSuspected;
  finding.title = absl::StrCat("lock cycle, it seems, of ", Count(cycle.size(), "goroutine"));
  std::vector<std::string> parts;
  for (size_t k = 0; k < cycle.size(); ++k) {
    const Stall& held = stalls[cycle[k].stall];
    const Stall& wanted = stalls[cycle[(k + 1) % cycle.size()].stall];
    const Goroutine& g = c.at(cycle[k].holder);
    if (g.id != 0) finding.goroutines.push_back(g.id);
    if (wanted.object != 0) finding.objects.push_back(wanted.object);
    const auto holder =
        std::find_if(held.holders.begin(), held.holders.end(),
                     [&](const Holder& h) { return h.goroutine == cycle[k].holder; });
    parts.push_back(absl::StrCat(c.words.Name(g), " is in ", Where(*holder->call),
                                 ", whose object has ", LockName(c, held), ", and waits",
                                 c.words.At(g.stack), " for ", LockName(c, wanted)));
    finding.actors.push_back(absl::StrCat(c.words.Name(g), " must let go of ", LockName(c, held)));
    for (const Index waiter : held.waiters) verdict.explains.push_back(waiter);
    finding.count += held.count;
  }
  finding.explanation =
      absl::StrCat(Join(parts),
                   "; the dump does not say who holds a lock, but if these do, none of "
                   "them can go on.");
  return verdict;
}

}  // namespace

std::vector<Verdict> FindStalledLocks(const Case& c) {
  if (c.view.has_objects()) return {};
  std::vector<Stall> stalls = FindStalls(c);
  std::map<Index, size_t> stall_of;
  FindHolders(c, &stalls);
  for (size_t k = 0; k < stalls.size(); ++k) {
    for (const Index waiter : stalls[k].waiters) stall_of[waiter] = k;
  }
  std::vector<Verdict> verdicts;
  std::vector<bool> told(stalls.size());
  for (size_t k = 0; k < stalls.size(); ++k) {
    if (told[k]) continue;
    const std::vector<Step> cycle = FollowFrom(k, stalls, stall_of);
    if (cycle.size() < 2) continue;
    for (const Step& step : cycle) told[step.stall] = true;
    verdicts.push_back(DescribeCycle(c, stalls, cycle));
  }
  for (size_t k = 0; k < stalls.size(); ++k) {
    if (!told[k]) verdicts.push_back(Describe(c, stalls[k]));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
