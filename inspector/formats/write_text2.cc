// Writes Go's debug=2 text: every goroutine with its state, its stack and its creator.
//
// The header is that of Go 1.21 to 1.26, without labels, which every reader of such text knows.
// With all frames, the whole creation stack follows in the form that Go prints it under
// GODEBUG=tracebackancestors. Foreign threads are no goroutines and have no place here.
#include <ostream>
#include <string>

#include "inspector/formats/status.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/visible.h"
#include "inspector/formats/writers.h"

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

class Text2Writer {
 public:
  Text2Writer(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out)
      : snapshot_(snapshot),
        folding_(snapshot, options.all_frames),
        ancestors_(options.all_frames),
        out_(out) {}

  void Run() {
    if (!snapshot_.preamble.empty()) out_ << snapshot_.preamble << "\n\n";
    bool first = true;
    for (const Goroutine& goroutine : snapshot_.goroutines) {
      if (goroutine.kind == Kind::kThread) continue;
      if (!first) out_ << '\n';
      first = false;
      WriteGoroutine(goroutine);
    }
    if (snapshot_.notes.empty()) return;
    out_ << '\n';
    for (const std::string& note : snapshot_.notes) out_ << "# note: " << OneLine(note) << '\n';
  }

 private:
  void WriteGoroutine(const Goroutine& goroutine) {
    out_ << "goroutine " << goroutine.id << " [" << Bracket(goroutine) << "]:\n";
    const auto frames = folding_.Frames(goroutine.stack);
    if (frames.empty() && !goroutine.stack_note.empty()) {
      out_ << "\tstack unavailable: " << OneLine(goroutine.stack_note) << '\n';
    }
    const uint32_t elided =
        goroutine.stack == kNoStack ? 0 : snapshot_.stacks[goroutine.stack].elided;
    for (size_t i = 0; i < frames.size(); ++i) {
      if (i == kInnerFrames && elided > 0) WriteElided(elided);
      WriteFrame(folding_.frame(frames[i]));
    }
    if (frames.size() <= kInnerFrames && elided > 0) WriteElided(elided);
    WriteCreation(goroutine);
  }

  void WriteCreation(const Goroutine& goroutine) {
    const Frame* creator = folding_.Creator(goroutine.creation_stack);
    if (creator == nullptr) return;
    out_ << "created by " << OneLine(DisplayName(*creator));
    if (goroutine.parent_id != 0) out_ << " in goroutine " << goroutine.parent_id;
    out_ << '\n';
    WritePlace(*creator);
    const auto frames = folding_.Frames(goroutine.creation_stack);
    if (!ancestors_ || frames.size() < 2) return;
    out_ << "[originating from goroutine " << goroutine.parent_id << "]:\n";
    for (const FrameId id : frames) WriteFrame(folding_.frame(id));
  }

  void WriteFrame(const Frame& frame) {
    // Frames of ours carry an address and no arguments: these are not known, rather than none.
    const bool unknown = frame.arguments.empty() && (frame.pc != 0 || frame.inlined);
    out_ << OneLine(DisplayName(frame)) << '(' << (unknown ? "..." : OneLine(frame.arguments))
         << ")\n";
    WritePlace(frame);
  }

  // Go prints no offset for an inlined frame, and readers take its absence for that.
  void WritePlace(const Frame& frame) {
    out_ << '\t' << (frame.file.empty() ? "?" : OneLine(frame.file)) << ':' << frame.line;
    if (!frame.inlined) out_ << " +0x" << Cat(Hex(frame.function_offset));
    out_ << '\n';
  }

  void WriteElided(uint32_t count) { out_ << "..." << count << " frames elided...\n"; }

  const Snapshot& snapshot_;
  Folding folding_;
  bool ancestors_;
  std::ostream& out_;
};

}  // namespace

void WriteText2(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out) {
  Text2Writer(snapshot, options, out).Run();
}

}  // namespace muster::inspector::formats
