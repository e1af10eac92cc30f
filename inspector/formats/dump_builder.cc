#include "inspector/formats/dump_builder.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "inspector/formats/go_quote.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {

FrameView ViewOf(const Frame& frame) {
  FrameView view(frame.pc);
  view.function = frame.function;
  view.file = frame.file;
  view.line = frame.line;
  view.inlined = frame.inlined;
  view.module = frame.module;
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
      stacks_(0, StackKey{snapshot}, StackKey{snapshot}) {
  for (FrameId id = 0; id < snapshot->frames.size(); ++id) frames_.insert(id);
  for (StackId id = 0; id < snapshot->stacks.size(); ++id) stacks_.insert(id);
}

FrameId DumpBuilder::AddFrame(const FrameView& view) {
  if (const auto it = frames_.find(view); it != frames_.end()) return *it;
  Frame frame;
  frame.pc = view.pc;
  frame.function = view.function;
  frame.file = view.file;
  frame.line = view.line;
  frame.inlined = view.inlined;
  frame.module = view.module;
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

void ArgumentLines::Add(std::string_view arguments) {
  if (!arguments.empty()) {
    lines_.append(frames_ - ends_, '\n');
    lines_ += arguments;
    ends_ = frames_;
  }
  ++frames_;
}

std::string ArgumentLines::Take() {
  frames_ = ends_ = 0;
  return std::exchange(lines_, {});
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
