// orphan, from a Go dump: a goroutine waits in the middle of some work, a minute or more, and the
// goroutine that started it has ended. Whoever asked for that work has gone, so that most likely
// nobody takes its result or tells it to stop.
//
// Suspected, and narrow, since healthy programs are full of goroutines whose starter has ended:
// servers' loops, connections, watchers. So it is none when it waits in the function that it was
// started with, when that function or its receiver is named like a loop or a connection, and when
// it waits for the network, for time, or for nothing but Go's own packages.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "inspector/analysis/dump_frames.h"
#include "muster/inspector/report.h"

namespace muster::inspector::analysis {
namespace {

// What functions are called that wait for the next piece of work.
constexpr std::array<std::string_view, 24> kIdleMethods = {
    "loop",  "serve", "run",   "listen",  "watch", "accept",  "poll",      "monitor",
    "start", "flush", "wait",  "next",    "recv",  "receive", "subscribe", "heartbeat",
    "tick",  "sched", "clean", "collect", "pump",  "consume", "dispatch",  "keepalive"};
// What the types of connections are called.
constexpr std::array<std::string_view, 8> kIdleTypes = {"conn",   "stream",   "recv",   "transport",
                                                        "socket", "listener", "server", "session"};

template <size_t n>
bool HasAnyOf(std::string_view name, const std::array<std::string_view, n>& words) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char ch) { return static_cast<char>(std::tolower(ch)); });
  return std::any_of(words.begin(), words.end(), [&lower](std::string_view word) {
    return lower.find(word) != std::string::npos;
  });
}

bool LooksIdle(const Frame& frame) {
  const std::string_view name = WithoutPackage(frame.function);
  const std::string_view type = ReceiverType(name);
  const std::string_view method = name.substr(type.size());
  return HasAnyOf(method, kIdleMethods) || HasAnyOf(type, kIdleTypes);
}

bool IsChannelWait(const Goroutine& g) {
  return g.reason == "select" || g.reason == "chan receive" || g.reason == "chan send";
}

// Package paths of Go's own library have no dot before their first slash, nor has `main`.
bool IsOfStandardLibrary(const Frame& frame) {
  const std::string_view name = frame.function;
  const std::string_view first = name.substr(0, name.find('/'));
  if (first.size() < name.size()) return first.find('.') == std::string_view::npos;
  return name.starts_with("bufio.") || name.starts_with("io.") || name.starts_with("net.") ||
         name.starts_with("os.") || name.starts_with("time.") || name.starts_with("testing.");
}

bool IsOrphan(const Case& c, Index i) {
  const Goroutine& g = c.at(i);
  if (c.explained[i] || !CreatorIsGone(c, i) || !IsChannelWait(g)) return false;
  if (g.wait_ns.value_or(0) < kMinute) return false;
  const std::vector<const Frame*> frames = ProgramFrames(c, g.stack);
  if (frames.size() < 2 || IsOfStandardLibrary(*frames.front())) return false;
  const Frame* creator = c.words.UserFrame(g.creation_stack);
  if (creator == nullptr || IsOfStandardLibrary(*creator)) return false;
  return !LooksIdle(*frames.front());
}

}  // namespace

std::vector<Verdict> FindOrphans(const Case& c) {
  if (c.view.has_objects() || c.view.grouped()) return {};
  std::vector<Verdict> verdicts;
  for (Pile& pile : FindPiles(c, &IsOrphan)) {
    const Goroutine& first = c.at(pile.members.front());
    int64_t longest = 0;
    for (const Index i : pile.members) longest = std::max(longest, c.at(i).wait_ns.value_or(0));
    const Frame& frame = *c.words.UserFrame(first.stack);
    const bool one = pile.count == 1;
    Verdict verdict;
    Finding& finding = verdict.finding;
    finding.rule = "orphan";
    finding.certainty = Certainty::kSuspected;
    finding.title = absl::StrCat(Count(pile.count, "goroutine"), one ? " waits" : " wait",
                                 " for somebody whose starter has gone");
    finding.goroutines = IdsOf(c, pile.members);
    finding.count = pile.count;
    finding.explanation =
        absl::StrCat(c.words.Names(finding.goroutines, pile.count), CreatedAside(c, pile.members),
                     one ? " waits in " : " wait in ", first.reason, " of ", Where(frame),
                     " for up to ", FormatDuration(longest), "; ",
                     one ? absl::StrCat("goroutine ", first.parent_id, ", which started it, is")
                         : "the goroutines that started them are",
                     " not in the dump", c.view.snapshot().truncated ? " (which is cut off)" : "",
                     ", so that nobody may be left who would take ", one ? "its" : "their",
                     " results or stop ", one ? "it." : "them.");
    finding.actors = {
        "whoever starts such a goroutine must end it, through a context or a channel "
        "that it closes, before it returns"};
    verdict.explains = std::move(pile.members);
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

}  // namespace muster::inspector::analysis
