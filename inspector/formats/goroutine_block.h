// GoroutineBlock: one goroutine of a debug=2 dump while its lines come in.
#ifndef MUSTER_INSPECTOR_FORMATS_GOROUTINE_BLOCK_H_
#define MUSTER_INSPECTOR_FORMATS_GOROUTINE_BLOCK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "inspector/formats/dump_builder.h"
#include "inspector/formats/text2_lines.h"
#include "muster/inspector/model.h"

namespace muster::inspector::formats {

class GoroutineBlock {
 public:
  GoroutineBlock(Goroutine goroutine, DumpBuilder* builder)
      : goroutine_(std::move(goroutine)), builder_(builder) {}

  // A call or a creator awaits the place in the next line.
  void AddCall(const Call& call);
  void AddCreatedBy(const CreatedBy& created);
  void AddPlace(const Place& place);
  void AddElided(uint32_t count);
  // From here on the frames are those of an ancestor when it started this goroutine.
  void AddAncestor(uint64_t id);
  void SetNote(std::string_view note) { goroutine_.stack_note = note; }

  bool awaits_place() const { return pending_ != Pending::kNone; }
  bool has_creator() const { return has_creator_; }

  // Gives the finished goroutine with its stacks interned; a call without a place is kept.
  Goroutine Finish();

  // Whether the block could end here in a dump that is whole. `terminated`: its last line had an
  // end.
  bool MayEndHere(bool terminated) const;

 private:
  enum class Pending : uint8_t { kNone, kCall, kCreator };
  void AddFrame(const FrameView& frame);

  Goroutine goroutine_;
  DumpBuilder* builder_;
  std::vector<FrameId> frames_;
  ArgumentLines arguments_of_;  // of frames_
  std::vector<FrameId> creator_;
  std::vector<FrameId> ancestor_frames_;
  uint32_t elided_ = 0;
  uint32_t ancestor_elided_ = 0;
  // The pending call's text lives in the dump or in a joined line, which may be gone by then.
  Pending pending_ = Pending::kNone;
  std::string function_;
  std::string arguments_;
  bool has_creator_ = false;
  bool last_place_has_offset_ = false;
  bool last_was_elided_ = false;
  bool is_go_ = false;  // the files are Go's, so Go's own rules on how a stack ends hold
  std::string bottom_;  // the function of the frame that came last
};

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_GOROUTINE_BLOCK_H_
