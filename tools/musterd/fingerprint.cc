#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "muster/inspector/symbols.h"
#include "tools/musterd/poll.h"

namespace muster::musterd {
namespace {

using inspector::Finding;
using inspector::Frame;
using inspector::Goroutine;
using inspector::Snapshot;
using inspector::StackId;

// The place in the user's code that a stack stands for: its first frame that is not the runtime's.
std::string Site(const Snapshot& snapshot, StackId id) {
  if (id == inspector::kNoStack || id >= snapshot.stacks.size()) return "?";
  const Frame* first = nullptr;
  for (const inspector::FrameId frame_id : snapshot.stacks[id].frames) {
    if (frame_id >= snapshot.frames.size()) continue;
    const Frame& frame = snapshot.frames[frame_id];
    if (first == nullptr) first = &frame;
    if (!inspector::IsRuntimeFrame(frame)) {
      first = &frame;
      break;
    }
  }
  if (first == nullptr) return "?";
  if (first->function.empty()) return absl::StrCat(first->module, "+", first->module_offset);
  return absl::StrCat(first->function, " ", first->file, ":", first->line);
}

}  // namespace

std::string Fingerprint(const Snapshot& snapshot, const Finding& finding) {
  std::set<std::string> sites;
  const std::set<uint64_t> wanted(finding.goroutines.begin(), finding.goroutines.end());
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (wanted.count(goroutine.id) == 0) continue;
    sites.insert(absl::StrCat(Site(snapshot, goroutine.stack), " < ",
                              Site(snapshot, goroutine.creation_stack)));
  }
  std::vector<uint64_t> objects = finding.objects;
  std::sort(objects.begin(), objects.end());
  std::string text = finding.rule;
  for (const uint64_t object : objects) absl::StrAppend(&text, "|", absl::Hex(object));
  for (const std::string& site : sites) absl::StrAppend(&text, "|", site);
  return text;
}

}  // namespace muster::musterd
