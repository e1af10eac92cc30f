// Reads debug=1 dumps: buckets of equal stacks with a count each.
#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "inspector/formats/dump_builder.h"
#include "inspector/formats/go_quote.h"
#include "inspector/formats/line_window.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text1_lines.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  return b > std::numeric_limits<uint64_t>::max() - a ? std::numeric_limits<uint64_t>::max()
                                                      : a + b;
}

// One bucket while its lines come in.
struct OpenBucket {
  uint64_t count = 0;
  std::vector<uint64_t> addresses;
  std::vector<FrameView> frames;  // pc is the printed one plus 1, a return address again
  std::vector<FrameId> creation;
  Goroutine goroutine;
  bool list_may_go_on = true;  // only the line after the address list can continue it
  bool last_line_whole = true;
  bool closed = false;  // a blank line ended it
};

class Text1Reader {
 public:
  Text1Reader(std::string_view text, Snapshot* snapshot)
      : window_(text), snapshot_(snapshot), builder_(snapshot) {}

  void Run() {
    while (!window_.done() && !at_second_profile_) {
      const std::string_view line = window_.Take();
      if (in_map_) {
        TakeMapping(line);
      } else {
        TakeLine(line);
      }
    }
    Finish();
  }

 private:
  void TakeLine(std::string_view line) {
    if (Trim(line).empty()) {
      if (bucket_) bucket_->closed = true;
    } else if (const auto header = ParseProfileHeader(line)) {
      TakeHeader(*header);
    } else if (auto bucket = ParseBucket(line)) {
      TakeBucket(*std::move(bucket));
    } else if (!TakeExtra(line) && !TakeFrame(line)) {
      TakeOther(line);
    }
  }

  void TakeHeader(const ProfileHeader& header) {
    if (!total_) {
      total_ = header.total;
      snapshot_->profile = header.name;
      return;
    }
    at_second_profile_ = true;
    snapshot_->notes.push_back(absl::StrFormat(
        "a second profile begins at line %d and was left out: split the input to read it",
        window_.number()));
  }

  void TakeBucket(Bucket bucket) {
    Close(/*last=*/false);
    bucket_.emplace();
    bucket_->count = bucket.count;
    bucket_->addresses = std::move(bucket.addresses);
    bucket_->last_line_whole = !bucket.cut;
  }

  // Labels and what our own dumps add in lines that Go's tools skip.
  bool TakeExtra(std::string_view line) {
    if (const auto note = ParseExtra(line, "note")) {
      snapshot_->notes.emplace_back(*note);
      return true;
    }
    if (!bucket_) return false;
    Goroutine& goroutine = bucket_->goroutine;
    if (const auto labels = ParseExtra(line, "labels")) {
      TakeLabelLine(*labels);
    } else if (const auto state = ParseExtra(line, "state")) {
      ApplyStatus(*state, &goroutine);
    } else if (const auto waiting = ParseExtra(line, "waiting")) {
      TakeWaiting(*waiting);
    } else if (auto creator = ParseExtra(line, "created by")) {
      AddCreator(*creator);
    } else if (creator = ParseExtra(line, "called from"); creator) {
      AddCreator(*creator);
    } else {
      return false;
    }
    bucket_->list_may_go_on = false;
    return true;
  }

  void TakeLabelLine(std::string_view list) {
    std::string_view rest = list;
    auto labels = TakeLabels(&rest);
    std::string joined(list);
    // A wrap within the list: it is whole when its brace closes.
    for (size_t ahead = 0; !labels && ahead < 8; ++ahead) {
      const std::string_view next = window_.Peek(ahead);
      if (Trim(next).empty() || ParseFrameLine(next) || ParseBucket(next)) break;
      Append(&joined, next);
      rest = joined;
      labels = TakeLabels(&rest);
      for (size_t i = 0; labels && i <= ahead; ++i) window_.Take();
    }
    bucket_->last_line_whole = labels.has_value();
    if (labels) {
      bucket_->goroutine.labels = *std::move(labels);
    } else {
      unknown_.Add(window_.number(), list);
    }
  }

  // "1m2s", or "min 1s, median 2s, max 3s" of a group, whose longest wait then stands for it.
  void TakeWaiting(std::string_view text) {
    const size_t max = text.rfind("max ");
    if (max != std::string_view::npos) text = text.substr(max + 4);
    const bool at_least = TakePrefix(&text, "at least ");
    absl::Duration duration;
    if (!absl::ParseDuration(std::string(text), &duration)) return;
    bucket_->goroutine.wait_ns = absl::ToInt64Nanoseconds(duration);
    bucket_->goroutine.wait_is_lower_bound = at_least;
  }

  void AddCreator(std::string_view text) {
    const auto frame = ParseCreatorFrame(text);
    if (!frame) return;
    FrameView view(frame->pc);
    view.function = frame->function;
    view.file = frame->file;
    view.line = frame->line;
    bucket_->creation.push_back(builder_.AddFrame(view));
  }

  bool TakeFrame(std::string_view line) {
    if (!bucket_) return false;
    if (bucket_->list_may_go_on) {
      bucket_->list_may_go_on = false;
      if (bucket_->frames.empty() && AppendAddresses(line, &bucket_->addresses)) {
        bucket_->list_may_go_on = bucket_->last_line_whole = true;
        return true;
      }
    }
    auto frame = ParseFrameLine(line);
    if (!frame) return false;
    std::string joined;
    if (WrapFollows(*frame)) {
      joined = Cat(line, Trim(window_.Peek()));
      if (const auto whole = ParseFrameLine(joined); whole && whole->whole) {
        window_.Take();
        frame = whole;
      }
    }
    AddFrame(*frame);
    return true;
  }

  // Whether the next line is no line of its own, so that it can only be this frame's rest.
  bool WrapFollows(const FrameLine& frame) {
    const std::string_view next = window_.Peek();
    const std::string_view trimmed = Trim(next);
    if (trimmed.empty() || trimmed.front() == '#' || trimmed.starts_with("---")) return false;
    if (trimmed.starts_with("0x") || ParseBucket(next) || ParseProfileHeader(next)) return false;
    if (!frame.whole) return true;
    return trimmed.find_first_not_of("0123456789") == std::string_view::npos;
  }

  void AddFrame(const FrameLine& line) {
    FrameView frame;
    frame.pc = line.address + 1;
    // The views point into the input, or into a joined line that is gone when the bucket closes.
    frame.function = Keep(line.function);
    frame.file = Keep(line.file);
    frame.line = line.line;
    frame.function_offset = line.offset == 0 ? 0 : line.offset + 1;
    bucket_->frames.push_back(frame);
    any_frames_ = true;
    bucket_->last_line_whole = line.whole;
  }

  std::string_view Keep(std::string_view text) { return kept_.emplace_back(text); }

  void TakeOther(std::string_view line) {
    const std::string_view text = Trim(line);
    if (text.starts_with("--- Memory map") || text.starts_with("MAPPED_LIBRARIES")) {
      if (bucket_) bucket_->closed = true;
      in_map_ = true;
      return;
    }
    if (text == "#" || text.starts_with("```") || text.starts_with("---")) return;
    unknown_.Add(window_.number(), line);
    if (bucket_ && !window_.terminated()) bucket_->last_line_whole = false;
  }

  void TakeMapping(std::string_view line) {
    if (Trim(line).empty()) return;
    if (auto mapping = ParseMapping(line)) {
      snapshot_->mappings.push_back(*std::move(mapping));
    } else if (!TakeExtra(line)) {
      unknown_.Add(window_.number(), line);
    }
  }

  // The index of `pc` in `addresses` from `begin` on, else their number. Go hides a handful of
  // frames in a row at most; the bound keeps a dump of unmatched lines from costing quadratic time.
  static size_t FindAddress(const std::vector<uint64_t>& addresses, size_t begin, uint64_t pc) {
    constexpr size_t kMaxHidden = 256;
    const size_t end = std::min(addresses.size(), begin + kMaxHidden);
    for (size_t i = begin; i < end; ++i) {
      if (addresses[i] == pc) return i;
    }
    return addresses.size();
  }

  // The stack of the open bucket. Go hides its own functions at the leaf and at the bottom; their
  // addresses are left out as well, unless no line names anything.
  std::vector<FrameId> BuildStack(bool cut) {
    std::vector<FrameView>& frames = bucket_->frames;
    const std::vector<uint64_t>& addresses = bucket_->addresses;
    std::vector<FrameId> stack;
    size_t next = 0;  // the first address that no frame has claimed
    for (size_t i = 0; i < frames.size(); ++i) {
      FrameView& frame = frames[i];
      if (const size_t at = FindAddress(addresses, next, frame.pc); at < addresses.size()) {
        for (; i > 0 && next < at; ++next)
          stack.push_back(builder_.AddFrame(FrameView(addresses[next])));
        // Frames that share an address are inlined into the last one of them.
        const bool shared = i + 1 < frames.size() && frames[i + 1].pc == frame.pc;
        frame.inlined = shared && (at + 1 == addresses.size() || addresses[at + 1] != frame.pc);
        next = frame.inlined ? at : at + 1;
      }
      if (frame.pc == 1) frame.pc = 0;  // written from a dump that has no addresses
      stack.push_back(builder_.AddFrame(frame));
    }
    if (!frames.empty() && !cut) return stack;
    for (; next < addresses.size(); ++next) {
      if (addresses[next] != 0) stack.push_back(builder_.AddFrame(FrameView(addresses[next])));
    }
    return stack;
  }

  // Whether the last bucket's lines end early: more is missing at its bottom than the one entry
  // function that Go hides.
  bool IsCut() const {
    if (bucket_->closed) return false;
    if (!bucket_->last_line_whole) return true;
    // Go names at least one frame of every stack; a profile of another writer may name none at all.
    if (bucket_->frames.empty()) return !window_.terminated() || any_frames_;
    if (!window_.terminated() && bucket_->frames.back().file.empty()) return true;
    const auto& addresses = bucket_->addresses;
    const auto it = std::find(addresses.rbegin(), addresses.rend(), bucket_->frames.back().pc);
    return it != addresses.rend() && it - addresses.rbegin() > 1;
  }

  void Close(bool last) {
    if (!bucket_) return;
    const bool cut = last && IsCut();
    Goroutine& goroutine = bucket_->goroutine;
    goroutine.count = bucket_->count;
    goroutine.stack = builder_.AddStack(BuildStack(cut), 0);
    goroutine.creation_stack = builder_.AddStack(bucket_->creation, 0);
    if (cut) {
      goroutine.stack_note = "the input ends within this stack";
      snapshot_->truncated = true;
    }
    InferWait(*snapshot_, &goroutine);
    shown_ = SaturatingAdd(shown_, goroutine.count);
    snapshot_->goroutines.push_back(std::move(goroutine));
    bucket_.reset();
    kept_.clear();
  }

  void Finish() {
    Close(/*last=*/true);
    unknown_.Report(snapshot_);
    snapshot_->captured = shown_;
    snapshot_->live = total_.value_or(shown_);
    if (!total_) {
      snapshot_->notes.emplace_back(
          "the line with the total is missing: goroutines may be missing as well");
    } else if (*total_ > shown_) {
      snapshot_->truncated = true;
      snapshot_->notes.push_back(Cat(*total_ - shown_, " goroutines not shown, input truncated"));
    } else if (*total_ < shown_) {
      snapshot_->notes.push_back(
          Cat("the stacks add up to ", shown_, " goroutines, the total says ", *total_));
    }
    if (snapshot_->truncated && (!total_ || *total_ <= shown_)) {
      snapshot_->notes.emplace_back("the input ends in the middle of a stack");
    }
  }

  LineWindow window_;
  Snapshot* snapshot_;
  DumpBuilder builder_;
  UnknownLines unknown_;
  std::optional<OpenBucket> bucket_;
  std::deque<std::string> kept_;
  std::optional<uint64_t> total_;
  uint64_t shown_ = 0;
  bool any_frames_ = false;
  bool in_map_ = false;
  bool at_second_profile_ = false;
};

// Names the mapping of every frame, as the memory map says it.
void FillModules(Snapshot* snapshot) {
  std::vector<Mapping>& mappings = snapshot->mappings;
  std::sort(mappings.begin(), mappings.end(), [](const Mapping& a, const Mapping& b) {
    return std::tie(a.start, a.limit, a.file) < std::tie(b.start, b.limit, b.file);
  });
  for (Frame& frame : snapshot->frames) {
    if (frame.pc == 0) continue;
    auto it = std::upper_bound(mappings.begin(), mappings.end(), frame.pc - 1,
                               [](uint64_t pc, const Mapping& m) { return pc < m.start; });
    if (it == mappings.begin()) continue;
    --it;
    if (frame.pc - 1 < it->limit) frame.module = it->file;
  }
}

}  // namespace

void ReadText1(std::string_view text, Snapshot* snapshot) {
  Text1Reader(text, snapshot).Run();
  if (!snapshot->mappings.empty()) FillModules(snapshot);
}

}  // namespace muster::inspector::formats
