#include "inspector/formats/dump_builder.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "inspector/formats/go_quote.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {

FrameView DumpBuilder::FrameKey::View(FrameId id) const {
  const Frame& frame = snapshot->frames[id];
  FrameView view(frame.pc);
  view.function = frame.function;
  view.file = frame.file;
  view.line = frame.line;
  view.inlined = frame.inlined;
  view.module = frame.module;
  view.arguments = frame.arguments;
  view.function_offset = frame.function_offset;
  return view;
}

DumpBuilder::StackView DumpBuilder::StackKey::View(StackId id) const {
  const Stack& stack = snapshot->stacks[id];
  return {&stack.frames, stack.elided};
}

DumpBuilder::DumpBuilder(Snapshot* snapshot)
    : snapshot_(snapshot),
      frames_(0, FrameKey{snapshot}, FrameKey{snapshot}),
      stacks_(0, StackKey{snapshot}, StackKey{snapshot}) {}

FrameId DumpBuilder::AddFrame(const FrameView& view) {
  if (const auto it = frames_.find(view); it != frames_.end()) return *it;
  Frame frame;
  frame.pc = view.pc;
  frame.function = view.function;
  frame.file = view.file;
  frame.line = view.line;
  frame.inlined = view.inlined;
  frame.module = view.module;
  frame.arguments = view.arguments;
  frame.function_offset = view.function_offset;
  const auto id = static_cast<FrameId>(snapshot_->frames.size());
  snapshot_->frames.push_back(std::move(frame));
  frames_.insert(id);
  return id;
}

StackId DumpBuilder::AddStack(const std::vector<FrameId>& frames, uint32_t elided) {
  if (frames.empty() && elided == 0) return kNoStack;
  if (const auto it = stacks_.find(StackView{&frames, elided}); it != stacks_.end()) return *it;
  const auto id = static_cast<StackId>(snapshot_->stacks.size());
  snapshot_->stacks.push_back({frames, elided});
  stacks_.insert(id);
  return id;
}

void UnknownLines::Add(size_t line_number, std::string_view line) {
  // A note is one line for people; the rest of an endless line helps nobody.
  constexpr size_t kShown = 60;
  if (count_++ > 0) return;
  first_number_ = line_number;
  line = Trim(line);
  first_ = GoQuote(line.substr(0, kShown));
  if (line.size() > kShown) first_ += "...";
}

void UnknownLines::Report(Snapshot* snapshot) const {
  if (count_ == 0) return;
  snapshot->notes.push_back(
      absl::StrFormat("%d %s not understood and left out, the first at line %d: %s", count_,
                      count_ == 1 ? "line was" : "lines were", first_number_, first_));
}

}  // namespace muster::inspector::formats
