#include "inspector/analysis/words.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector::analysis {
namespace {

// Go's own side of a wait: what stands between the program's frame and the scheduler.
constexpr std::array<std::string_view, 6> kGoRuntime = {
    "runtime.", "sync.", "internal/", "time.Sleep", "context.", "runtime/",
};

bool IsGoRuntime(std::string_view function) {
  return std::any_of(kGoRuntime.begin(), kGoRuntime.end(),
                     [function](std::string_view prefix) { return function.starts_with(prefix); });
}

}  // namespace

std::string Words::Name(const Goroutine& goroutine) const {
  if (goroutine.kind == Kind::kThread) {
    // The system's number is what other tools know a thread by.
    const uint64_t number =
        goroutine.tid == 0 ? goroutine.id : static_cast<uint64_t>(goroutine.tid);
    return absl::StrCat("thread ", number);
  }
  return goroutine.id == 0 ? "a goroutine" : absl::StrCat("goroutine ", goroutine.id);
}

std::string Words::Name(uint64_t id) const {
  if (id >= record::kFirstThreadId) {
    if (const Goroutine* thread = snapshot_.FindGoroutine(id)) return Name(*thread);
  }
  return id == 0 ? "a goroutine" : absl::StrCat("goroutine ", id);
}

std::string Words::Names(const std::vector<uint64_t>& ids, uint64_t count, size_t shown) const {
  count = std::max<uint64_t>(count, ids.size());
  if (ids.empty()) return Count(count, "goroutine");
  if (count == 1) return Name(ids.front());
  std::vector<std::string> parts;
  for (size_t i = 0; i < std::min(ids.size(), shown); ++i) parts.push_back(absl::StrCat(ids[i]));
  if (count > parts.size()) parts.push_back(absl::StrCat(count - parts.size(), " more"));
  return absl::StrCat("goroutines ", Join(parts));
}

std::string Words::Object(ObjectKind kind, uint64_t address) const {
  if (kind == ObjectKind::kChan && address == 0) return "a nil channel";
  const std::string_view name = record::ToString(kind);
  return absl::StrFormat("%s 0x%x", name.empty() ? "object" : name, address);
}

bool Words::IsUserFrame(FrameId id) const {
  int8_t& known = is_user_[id];
  if (known == kUnknown) {
    const Frame& frame = snapshot_.frames[id];
    const bool unknown = frame.function.empty() && frame.module.empty() && is_go_profile_;
    known = !unknown && !IsRuntimeFrame(frame) && !IsGoRuntime(frame.function);
  }
  return known == 1;
}

const Frame* Words::UserFrame(StackId stack) const {
  if (stack >= snapshot_.stacks.size()) return nullptr;
  const std::vector<FrameId>& frames = snapshot_.stacks[stack].frames;
  for (const FrameId id : frames) {
    if (IsUserFrame(id)) return &snapshot_.frames[id];
  }
  return frames.empty() ? nullptr : &snapshot_.frames[frames.front()];
}

std::string Words::Place(StackId stack) const {
  const Frame* frame = UserFrame(stack);
  if (frame == nullptr) return "";
  if (!frame->file.empty()) return absl::StrCat(BaseName(frame->file), ":", frame->line);
  if (!frame->function.empty()) return DisplayName(*frame);
  return frame->pc == 0 ? "" : absl::StrFormat("0x%x", frame->pc);
}

std::string Words::At(StackId stack) const {
  const std::string place = Place(stack);
  return place.empty() ? "" : absl::StrCat(" at ", place);
}

std::string Words::TakenAt(StackId stack) const {
  const std::string place = Place(stack);
  return place.empty() ? "" : absl::StrCat(" (taken at ", place, ")");
}

std::string Words::Made(const Resource& resource) const {
  const std::string place = At(resource.created_at);
  if (resource.creator_id == 0) return place.empty() ? "" : absl::StrCat(", made", place);
  return absl::StrCat(", made", place, " by ", Name(resource.creator_id));
}

std::string Words::Waits(const Goroutine& goroutine) const {
  return absl::StrCat("waits in ", std::string(goroutine.status()), At(goroutine.stack));
}

std::string Words::Created(const std::vector<uint32_t>& members) const {
  const Goroutine& first = snapshot_.goroutines[members.front()];
  const std::string place = At(first.creation_stack);
  const bool one_parent =
      first.parent_id != 0 && std::all_of(members.begin(), members.end(), [&](uint32_t member) {
        return snapshot_.goroutines[member].parent_id == first.parent_id;
      });
  if (place.empty() && !one_parent) return "";
  if (!one_parent) return absl::StrCat(", created", place);
  return absl::StrCat(", created", place, " by goroutine ", first.parent_id);
}

std::string DisplayName(const Frame& frame) {
  const std::string& name = frame.function;
  if (name.empty()) return absl::StrFormat("0x%x", frame.pc);
  const bool go = !absl::StrContains(name, "::") && absl::StrContains(name, ".");
  return go ? name : ShortFunctionName(name);
}

std::string PlaceOf(const Frame& frame) {
  return frame.line == 0 ? frame.file : absl::StrCat(frame.file, ":", frame.line);
}

std::string BaseName(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string Count(uint64_t count, const char* noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Join(const std::vector<std::string>& parts) {
  std::string joined;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) absl::StrAppend(&joined, i + 1 == parts.size() ? " and " : ", ");
    absl::StrAppend(&joined, parts[i]);
  }
  return joined;
}

}  // namespace muster::inspector::analysis
