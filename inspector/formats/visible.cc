#include "inspector/formats/visible.h"

#include "inspector/formats/text_util.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector::formats {

Folding::Folding(const Snapshot& snapshot, bool all_frames)
    : snapshot_(snapshot), is_runtime_(snapshot.frames.size(), false) {
  if (all_frames) return;
  for (size_t id = 0; id < snapshot.frames.size(); ++id) {
    is_runtime_[id] = IsRuntimeFrame(snapshot.frames[id]);
  }
}

std::span<const FrameId> Folding::Frames(StackId stack) const {
  if (stack >= snapshot_.stacks.size()) return {};
  const std::vector<FrameId>& frames = snapshot_.stacks[stack].frames;
  size_t begin = 0;
  size_t end = frames.size();
  while (begin < end && is_runtime_[frames[begin]]) ++begin;
  while (end > begin && is_runtime_[frames[end - 1]]) --end;
  if (begin == end) return frames;
  return std::span(frames).subspan(begin, end - begin);
}

const Frame* Folding::Creator(StackId stack) const {
  const std::span<const FrameId> frames = Frames(stack);
  return frames.empty() ? nullptr : &frame(frames.front());
}

std::string DisplayName(const Frame& frame) {
  if (!frame.function.empty()) return frame.function;
  return frame.pc == 0 ? "unknown" : Cat("0x", Hex(frame.pc));
}

}  // namespace muster::inspector::formats
