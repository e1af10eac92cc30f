// Reads what panicparse prints: Go's panic text grouped by stack, with short package names.
//
//   2: chan send [12~40 minutes] [Created by pool.New @ pool.go:12]
//       pool      pool.go:33       (*Pool).run(#1, 0x2)
//
// Ids and whole paths are gone by then, which a note says.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspector/formats/dump_builder.h"
#include "inspector/formats/landmark.h"
#include "inspector/formats/line_window.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text2_lines.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;
constexpr int64_t kMinuteNs = 60'000'000'000;
constexpr uint64_t kMaxMinutes = 100'000'000;

bool SplitPlace(std::string_view text, FrameView* frame) {
  const size_t colon = text.rfind(':');
  if (colon == kNotFound) return false;
  const auto line = ParseLine(text.substr(colon + 1));
  if (!line) return false;
  frame->file = text.substr(0, colon);
  frame->line = *line;
  return true;
}

class PanicparseReader {
 public:
  PanicparseReader(std::string_view text, Snapshot* snapshot)
      : window_(text), snapshot_(snapshot), builder_(snapshot) {}

  void Run() {
    snapshot_->notes.emplace_back(
        "panicparse printed this: it has no goroutine ids and no whole paths; the dump that it "
        "read "
        "tells more");
    while (!window_.done()) {
      const std::string_view line = window_.Take();
      const std::string_view text = Trim(line);
      if (text.empty()) continue;
      last_whole_ = true;
      if (FindLandmark(line).kind == Landmark::kPanicparse || TakesBucketHead(text)) {
        Close();
        TakeHead(text);
      } else if (!open_ || !TakeFrame(text)) {
        unknown_.Add(window_.number(), line);
        last_whole_ = false;
      }
    }
    if (open_ && !last_whole_ && !window_.terminated()) {
      snapshot_->truncated = true;
      snapshot_->notes.emplace_back("the input ends in the middle of a stack");
    }
    Close();
    unknown_.Report(snapshot_);
  }

 private:
  // A head without a creator: "1: running", also with "[locked]".
  static bool TakesBucketHead(std::string_view text) {
    return TakeDecimal(&text) && TakePrefix(&text, ": ") && ParseCall(text) == std::nullopt &&
           !text.empty() && text.find('/') == kNotFound;
  }

  void TakeHead(std::string_view text) {
    open_ = true;
    goroutine_ = Goroutine();
    frames_.clear();
    creation_.clear();
    goroutine_.count = TakeDecimal(&text).value_or(1);
    TakePrefix(&text, ": ");
    const size_t bracket = text.find(" [");
    ApplyStatus(text.substr(0, bracket), &goroutine_);
    while (!text.empty()) {
      const size_t open = text.find('[');
      if (open == kNotFound) break;
      text.remove_prefix(open + 1);
      const bool creator = TakePrefix(&text, "Created by ") || TakePrefix(&text, "created by ");
      const size_t close = creator ? text.rfind(']') : text.find(']');
      TakeAttribute(text.substr(0, close), creator);
      text.remove_prefix(close == kNotFound ? text.size() : close + 1);
    }
  }

  void TakeAttribute(std::string_view text, bool creator) {
    if (creator) {
      const size_t at = text.find(" @ ");
      FrameView frame;
      frame.function = text.substr(0, at);
      if (at != kNotFound) SplitPlace(text.substr(at + 3), &frame);
      creation_ = {builder_.AddFrame(frame)};
    } else if (text == "locked") {
      goroutine_.locked_to_thread = true;
    } else if (const auto minutes = TakeDecimal(&text)) {
      uint64_t longest = *minutes;  // "12~40 minutes": of a group, the longest stands for it
      if (TakePrefix(&text, "~")) longest = TakeDecimal(&text).value_or(longest);
      goroutine_.wait_ns = static_cast<int64_t>(std::min(longest, kMaxMinutes)) * kMinuteNs;
      goroutine_.wait_is_lower_bound = true;
    }
  }

  // "storage    store.go:2040    (*Store).remove(#1, 0x2)"
  bool TakeFrame(std::string_view text) {
    const std::string_view package = TakeWord(&text);
    FrameView frame;
    if (!SplitPlace(TakeWord(&text), &frame)) return false;
    const auto call = ParseCall(text);
    if (!call) return false;
    const std::string function = Cat(package, ".", TrimLeft(call->function));
    frame.function = function;
    arguments_.Add(call->arguments);
    frames_.push_back(builder_.AddFrame(frame));
    return true;
  }

  void Close() {
    if (!open_) return;
    goroutine_.arguments = arguments_.Take();
    goroutine_.stack = builder_.AddStack(frames_, 0);
    goroutine_.creation_stack = builder_.AddStack(creation_, 0);
    InferWait(*snapshot_, &goroutine_);
    snapshot_->goroutines.push_back(std::move(goroutine_));
    open_ = false;
  }

  LineWindow window_;
  Snapshot* snapshot_;
  DumpBuilder builder_;
  UnknownLines unknown_;
  Goroutine goroutine_;
  std::vector<FrameId> frames_;
  ArgumentLines arguments_;  // of frames_
  std::vector<FrameId> creation_;
  bool open_ = false;
  bool last_whole_ = true;
};

}  // namespace

void ReadPanicparse(std::string_view text, Snapshot* snapshot) {
  PanicparseReader(text, snapshot).Run();
}

}  // namespace muster::inspector::formats
