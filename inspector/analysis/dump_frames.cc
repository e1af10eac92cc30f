#include "inspector/analysis/dump_frames.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::inspector::analysis {
namespace {

bool HasFunction(const Case& c, StackId stack, std::string_view prefix) {
  const Snapshot& snapshot = c.view.snapshot();
  if (stack >= snapshot.stacks.size()) return false;
  const std::vector<FrameId>& frames = snapshot.stacks[stack].frames;
  return std::any_of(frames.begin(), frames.end(), [&](FrameId id) {
    return std::string_view(snapshot.frames[id].function).starts_with(prefix);
  });
}

}  // namespace

std::vector<Call> Calls(const Case& c, Index index) {
  std::vector<Call> calls;
  const Snapshot& snapshot = c.view.snapshot();
  const Goroutine& g = c.at(index);
  if (g.stack >= snapshot.stacks.size()) return calls;
  std::string_view arguments = g.arguments;
  for (const FrameId id : snapshot.stacks[g.stack].frames) {
    calls.push_back({&snapshot.frames[id], TakeArguments(&arguments)});
  }
  return calls;
}

std::vector<Call> ProgramCalls(const Case& c, Index index) {
  std::vector<Call> calls = Calls(c, index);
  const Frame* const frames = c.view.snapshot().frames.data();
  std::erase_if(calls, [&](const Call& call) {
    return !c.words.IsUserFrame(static_cast<FrameId>(call.frame - frames));
  });
  return calls;
}

std::optional<uint64_t> FirstArgument(const Call& call) {
  std::string_view first = call.arguments.substr(0, call.arguments.find(','));
  uint64_t value = 0;
  if (!first.starts_with("0x")) return std::nullopt;
  first.remove_prefix(2);
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), value, 16);
  if (error != std::errc() || end != first.data() + first.size() || value == 0) return std::nullopt;
  return value;
}

bool IsLockFrame(const Frame& frame) {
  return absl::StartsWith(frame.function, "sync.") ||
         absl::StartsWith(frame.function, "internal/sync.") ||
         absl::StartsWith(frame.function, "runtime.");
}

std::string_view ReceiverType(std::string_view function) {
  const size_t open = function.rfind("(*");
  const size_t close = open == std::string_view::npos ? open : function.find(')', open);
  return close == std::string_view::npos ? "" : function.substr(0, close + 1);
}

std::string_view WithoutPackage(std::string_view function) {
  // The brackets of a generic function may hold paths of their own.
  const size_t slash = function.substr(0, function.find('[')).rfind('/');
  if (slash != std::string_view::npos) function.remove_prefix(slash + 1);
  const size_t dot = function.find('.');
  return dot == std::string_view::npos ? function : function.substr(dot + 1);
}

bool WaitsForLock(const Goroutine& g) {
  if (g.state != State::kWaiting) return false;
  if (absl::StartsWith(g.reason, "sync.Mutex") || absl::StartsWith(g.reason, "sync.RWMutex")) {
    return true;
  }
  return g.reason == "semacquire" && !g.waits.empty() &&
         (g.waits.front().kind == ObjectKind::kMutex ||
          g.waits.front().kind == ObjectKind::kRWMutex);
}

bool IsTestTimeout(const Case& c) {
  return absl::StrContains(c.view.snapshot().preamble, "test timed out after");
}

bool WaitsTooLong(const Case& c, Index index) {
  return c.at(index).wait_ns.value_or(0) >= kMinute || IsTestTimeout(c);
}

bool IsTestRunner(const Case& c, Index index) {
  const Goroutine& g = c.at(index);
  if (HasFunction(c, g.stack, "testing.startAlarm") || HasFunction(c, g.stack, "testing.(*M).Run"))
    return true;
  const std::vector<const Frame*> frames = ProgramFrames(c, g.stack);
  return !frames.empty() && (absl::StartsWith(frames.front()->function, "testing.(*T).Run") ||
                             absl::StartsWith(frames.front()->function, "testing.(*T).Parallel") ||
                             absl::StartsWith(frames.front()->function, "testing.tRunner"));
}

std::vector<const Frame*> ProgramFrames(const Case& c, StackId stack) {
  std::vector<const Frame*> own;
  const Snapshot& snapshot = c.view.snapshot();
  if (stack >= snapshot.stacks.size()) return own;
  for (const FrameId id : snapshot.stacks[stack].frames) {
    if (c.words.IsUserFrame(id)) own.push_back(&snapshot.frames[id]);
  }
  return own;
}

bool CreatorIsGone(const Case& c, Index index) {
  const uint64_t parent = c.at(index).parent_id;
  return parent > 1 && !c.view.IndexOf(parent).has_value();
}

std::string CreatedAside(const Case& c, const std::vector<Index>& members) {
  const std::string created = c.words.Created(members);
  return created.empty() ? "" : absl::StrCat(created, ",");
}

std::string Where(const Frame& frame) {
  std::string where = DisplayName(frame);
  if (!frame.file.empty()) absl::StrAppend(&where, " at ", BaseName(frame.file), ":", frame.line);
  return where;
}

}  // namespace muster::inspector::analysis
