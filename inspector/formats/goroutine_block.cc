#include "inspector/formats/goroutine_block.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "inspector/formats/status.h"

namespace muster::inspector::formats {
namespace {

uint32_t SaturatingAdd(uint32_t a, uint32_t b) {
  return b > std::numeric_limits<uint32_t>::max() - a ? std::numeric_limits<uint32_t>::max()
                                                      : a + b;
}

// Goroutines that package runtime itself starts are Go's own. The main goroutine is not among them.
bool IsSystemCreator(std::string_view function) {
  return function.starts_with("runtime.") && !function.starts_with("runtime.main");
}

}  // namespace

void GoroutineBlock::AddCall(const Call& call) {
  if (awaits_place()) AddPlace({});
  pending_ = Pending::kCall;
  function_ = call.function;
  arguments_ = call.arguments;
  last_was_elided_ = false;
}

void GoroutineBlock::AddCreatedBy(const CreatedBy& created) {
  if (awaits_place()) AddPlace({});
  pending_ = Pending::kCreator;
  function_ = created.function;
  arguments_.clear();
  last_was_elided_ = false;
  if (!goroutine_.ancestors.empty()) return;  // that of an ancestor
  has_creator_ = true;
  if (created.goroutine != 0) goroutine_.parent_id = created.goroutine;
  if (goroutine_.id != 1 && IsSystemCreator(created.function)) goroutine_.kind = Kind::kSystem;
}

void GoroutineBlock::AddPlace(const Place& place) {
  FrameView frame;
  frame.pc = place.pc;
  frame.function = function_;
  frame.file = place.file;
  frame.line = place.line;
  frame.function_offset = place.offset.value_or(0);
  frame.inlined = pending_ == Pending::kCall && arguments_ == "..." && !place.offset &&
                  place.pc == 0 && place.line != 0;
  last_place_has_offset_ = place.offset.has_value();
  is_go_ = is_go_ || place.file.ends_with(".go");
  if (pending_ != Pending::kCreator) {
    AddFrame(frame);
  } else if (goroutine_.ancestors.empty()) {
    creator_.push_back(builder_->AddFrame(frame));
  }
  pending_ = Pending::kNone;
}

void GoroutineBlock::AddFrame(const FrameView& frame) {
  if (goroutine_.ancestors.empty()) {
    // Of an inlined call Go prints that it does not know them.
    arguments_of_.Add(frame.inlined ? std::string_view() : arguments_);
    frames_.push_back(builder_->AddFrame(frame));
    bottom_ = frame.function;
  } else if (goroutine_.ancestors.size() == 1) {
    // Only the nearest ancestor's frames are this goroutine's creation stack.
    ancestor_frames_.push_back(builder_->AddFrame(frame));
  }
}

void GoroutineBlock::AddElided(uint32_t count) {
  if (awaits_place()) AddPlace({});
  last_was_elided_ = true;
  if (goroutine_.ancestors.empty()) {
    elided_ = SaturatingAdd(elided_, count);
  } else if (goroutine_.ancestors.size() == 1) {
    ancestor_elided_ = SaturatingAdd(ancestor_elided_, count);
  }
}

void GoroutineBlock::AddAncestor(uint64_t id) {
  if (awaits_place()) AddPlace({});
  goroutine_.ancestors.push_back(id);
  if (goroutine_.parent_id == 0) goroutine_.parent_id = id;
}

Goroutine GoroutineBlock::Finish() {
  if (awaits_place()) AddPlace({});
  goroutine_.arguments = arguments_of_.Take();
  goroutine_.stack = builder_->AddStack(frames_, elided_);
  goroutine_.creation_stack = ancestor_frames_.empty()
                                  ? builder_->AddStack(creator_, 0)
                                  : builder_->AddStack(ancestor_frames_, ancestor_elided_);
  return std::move(goroutine_);
}

bool GoroutineBlock::MayEndHere(bool terminated) const {
  if (awaits_place()) return false;
  if (frames_.empty() && !last_was_elided_) return !goroutine_.stack_note.empty();
  if (last_was_elided_) return true;
  // The main goroutine's outermost functions, below which Go prints nothing.
  const bool at_bottom = bottom_ == "main.main" || bottom_.starts_with("runtime.");
  if (has_creator_ || at_bottom) return terminated || last_place_has_offset_;
  return terminated && !(is_go_ && goroutine_.kind == Kind::kGoroutine);
}

}  // namespace muster::inspector::formats
