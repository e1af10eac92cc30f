#include "inspector/formats/visible.h"

#include "inspector/formats/text_util.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector::formats {

bool Folding::IsRuntime(FrameId id) const {
  if (all_frames_) return false;
  if (id >= known_.size()) known_.resize(snapshot_.frames.size(), Known::kNotYet);
  if (known_[id] == Known::kNotYet) {
    known_[id] = IsRuntimeFrame(snapshot_.frames[id]) ? Known::kRuntime : Known::kUser;
  }
  return known_[id] == Known::kRuntime;
}

std::span<const FrameId> Folding::Frames(StackId stack) const {
  if (stack >= snapshot_.stacks.size()) return {};
  const std::vector<FrameId>& frames = snapshot_.stacks[stack].frames;
  size_t begin = 0;
  size_t end = frames.size();
  while (begin < end && IsRuntime(frames[begin])) ++begin;
  while (end > begin && IsRuntime(frames[end - 1])) --end;
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
