#include "inspector/analysis/group_key.h"

#include "absl/strings/str_cat.h"

namespace muster::inspector::analysis {
namespace {

void AppendStack(const Snapshot& snapshot, StackId stack, std::string* key) {
  if (stack >= snapshot.stacks.size()) return;
  for (const FrameId id : snapshot.stacks[stack].frames) {
    const Frame& frame = snapshot.frames[id];
    if (!frame.function.empty()) {
      absl::StrAppend(key, frame.function, "\t", frame.file, ":", frame.line, "\n");
    } else if (!frame.module.empty()) {
      absl::StrAppend(key, frame.module, "+", frame.module_offset, "\n");
    } else {
      absl::StrAppend(key, "@", frame.pc, "\n");
    }
  }
  if (snapshot.stacks[stack].elided > 0) absl::StrAppend(key, "...\n");
}

}  // namespace

std::string GroupKey(const Snapshot& snapshot, const Group& group) {
  std::string key = group.status + "\n";
  AppendStack(snapshot, group.stack, &key);
  key += "created by\n";
  AppendStack(snapshot, group.creation_stack, &key);
  return key;
}

}  // namespace muster::inspector::analysis
