// Which frames of a stack a person wants to see: the runtime's own at both ends are folded away.
#ifndef MUSTER_INSPECTOR_FORMATS_VISIBLE_H_
#define MUSTER_INSPECTOR_FORMATS_VISIBLE_H_

#include <span>
#include <string>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// Folding asks every frame of a snapshot once whether it is the runtime's. It refers to the
// snapshot, whose tables may grow and must not change otherwise. Not thread-safe.
class Folding {
 public:
  Folding(const Snapshot& snapshot, bool all_frames)
      : snapshot_(snapshot), all_frames_(all_frames) {}

  // The frames to show, leaf first. A stack of runtime frames only is shown whole, as Go does.
  std::span<const FrameId> Frames(StackId stack) const;
  // The frame that `created by` names; nullptr when the creation was not recorded.
  const Frame* Creator(StackId stack) const;

  const Frame& frame(FrameId id) const { return snapshot_.frames[id]; }

 private:
  enum class Known : char { kNotYet, kRuntime, kUser };

  bool IsRuntime(FrameId id) const;

  const Snapshot& snapshot_;
  const bool all_frames_;
  mutable std::vector<Known> known_;  // by FrameId, as far as was asked
};

// The name to print: the function's, else "0x..." or "unknown".
std::string DisplayName(const Frame& frame);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_VISIBLE_H_
