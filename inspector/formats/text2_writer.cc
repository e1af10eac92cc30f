#include "inspector/formats/text2_writer.h"

#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr int64_t kMinuteNs = 60'000'000'000;
// Where Go leaves out the middle of a deep stack.
constexpr size_t kInnerFrames = 50;

// "chan receive (leaked), 3 minutes, locked to thread, synctest bubble 1"
std::string Bracket(const Goroutine& goroutine) {
  std::string flags = goroutine.status_flags;
  std::string attributes;
  const size_t comma = flags.empty() || flags.front() != '(' ? 0 : flags.find(", ");
  if (comma != std::string::npos) {
    attributes = flags.substr(comma);
    flags.resize(comma);
    if (comma == 0 && !attributes.empty()) attributes.insert(0, ", ");
  }
  std::string out(goroutine.status());
  if (!flags.empty()) Append(&out, " ", flags);
  if (goroutine.wait_ns.value_or(0) >= kMinuteNs) {
    Append(&out, ", ", *goroutine.wait_ns / kMinuteNs, " minutes");
  }
  if (goroutine.locked_to_thread) out += ", locked to thread";
  return OneLine(out + attributes);
}

// Go prints no offset for an inlined frame, and readers take its absence for that.
void AppendPlace(const Frame& frame, std::string* out) {
  Append(out, "\t", frame.file.empty() ? "?" : OneLine(frame.file), ":", frame.line);
  if (!frame.inlined) Append(out, " +0x", Hex(frame.function_offset));
  *out += '\n';
}

void AppendElided(uint32_t count, std::string* out) {
  Append(out, "...", count, " frames elided...\n");
}

template <typename T>
T& At(std::vector<T>* table, StackId stack) {
  if (stack >= table->size()) table->resize(stack + 1);
  return (*table)[stack];
}

}  // namespace

void Text2Writer::AppendPreamble(std::string* out) const {
  if (!tables_.preamble.empty()) formats::Append(out, tables_.preamble, "\n\n");
}

void Text2Writer::Append(const Goroutine& goroutine, std::string* out) {
  if (goroutine.kind == Kind::kThread) return;
  if (!first_) *out += '\n';
  first_ = false;
  formats::Append(out, "goroutine ", goroutine.id, " [", Bracket(goroutine), "]:\n");
  if (!goroutine.stack_note.empty() && folding_.Frames(goroutine.stack).empty()) {
    formats::Append(out, "\tstack unavailable: ", OneLine(goroutine.stack_note), "\n");
  }
  if (goroutine.arguments.empty()) {
    *out += Frames(goroutine.stack);
  } else {
    AppendFrames(goroutine.stack, goroutine.arguments, out);
  }
  AppendCreation(goroutine, out);
}

void Text2Writer::AppendNotes(const std::vector<std::string>& notes, std::string* out) const {
  if (!notes.empty()) *out += '\n';
  for (const std::string& note : notes) formats::Append(out, "# note: ", OneLine(note), "\n");
}

const std::string& Text2Writer::Frames(StackId stack) {
  static const std::string none;
  if (stack >= tables_.stacks.size()) return none;
  if (kept_ > kMaxKept) {
    frames_.clear();
    kept_ = 0;
  }
  std::string& text = At(&frames_, stack);
  if (!text.empty()) return text;
  AppendFrames(stack, "", &text);
  kept_ += text.size();
  return text;
}

void Text2Writer::AppendFrames(StackId id, std::string_view arguments, std::string* out) const {
  if (id >= tables_.stacks.size()) return;
  const Stack& stack = tables_.stacks[id];
  const auto frames = folding_.Frames(id);
  for (const FrameId* folded = stack.frames.data(); folded < frames.data(); ++folded) {
    TakeArguments(&arguments);
  }
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i == kInnerFrames && stack.elided > 0) AppendElided(stack.elided, out);
    AppendFrame(folding_.frame(frames[i]), TakeArguments(&arguments), out);
  }
  if (frames.size() <= kInnerFrames && stack.elided > 0) AppendElided(stack.elided, out);
}

const Text2Writer::Creation& Text2Writer::CreationOf(StackId stack) {
  static const Creation none;
  if (stack >= tables_.stacks.size()) return none;
  Creation& creation = At(&creations_, stack);
  if (creation.made) return creation;
  creation.made = true;
  if (const Frame* creator = folding_.Creator(stack)) {
    creation.name = Cat("created by ", OneLine(DisplayName(*creator)));
    creation.place = "\n";
    AppendPlace(*creator, &creation.place);
  }
  return creation;
}

void Text2Writer::AppendCreation(const Goroutine& goroutine, std::string* out) {
  const Creation& creation = CreationOf(goroutine.creation_stack);
  if (creation.name.empty()) return;
  *out += creation.name;
  if (goroutine.parent_id != 0) formats::Append(out, " in goroutine ", goroutine.parent_id);
  *out += creation.place;
  const auto frames = folding_.Frames(goroutine.creation_stack);
  if (!ancestors_ || frames.size() < 2) return;
  formats::Append(out, "[originating from goroutine ", goroutine.parent_id, "]:\n");
  // Go says of none of them what its arguments were.
  for (const FrameId id : frames) AppendFrame(folding_.frame(id), "...", out);
}

void Text2Writer::AppendFrame(const Frame& frame, std::string_view arguments,
                              std::string* out) const {
  // Frames of ours carry an address and no arguments: these are not known, rather than none.
  const bool unknown = arguments.empty() && (frame.pc != 0 || frame.inlined);
  formats::Append(out, OneLine(DisplayName(frame)), "(", unknown ? "..." : OneLine(arguments),
                  ")\n");
  AppendPlace(frame, out);
}

}  // namespace muster::inspector::formats
