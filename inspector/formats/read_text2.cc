// Reads debug=2 dumps, panics, SIGQUIT traces and runtime.Stack output.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "inspector/formats/dump_builder.h"
#include "inspector/formats/goroutine_block.h"
#include "inspector/formats/line_window.h"
#include "inspector/formats/readers.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text2_lines.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;
constexpr size_t kMaxPreamble = 1 << 16;
// A terminal that wraps at 40 columns breaks a long line into this many at most.
constexpr size_t kMaxWraps = 8;

bool IsBlank(std::string_view line) { return Trim(line).empty(); }

bool IsPlace(std::string_view line) { return ParsePlace(line).has_value(); }

// A place, or the indented front of one that was wrapped.
bool BeginsPlace(std::string_view line) {
  return IsPlace(line) || (!line.empty() && IsSpace(line.front()) && !IsBlank(line));
}

// The end of a place that a wrap cut off: "7 +0x25", "+0x25", "5".
bool IsPlaceRest(std::string_view line) {
  line = Trim(line);
  if (line.empty() || line.size() > 24) return false;
  const size_t digits = line.find_first_not_of("0123456789abcdef");
  std::string_view rest = digits == kNotFound ? std::string_view() : TrimLeft(line.substr(digits));
  if (rest.empty()) return true;
  if (!TakePrefix(&rest, "+") && !TakePrefix(&rest, "x")) return false;
  return rest.find_first_not_of("0123456789abcdefx") == kNotFound;
}

// The arguments of a call that were cut off: the parenthesis that nothing closes.
std::optional<Call> ParseCutCall(std::string_view line) {
  line = Trim(line);
  int depth = 0;
  for (size_t i = line.size(); i-- > 0;) {
    if (line[i] == ')') ++depth;
    if (line[i] == '(' && --depth < 0) {
      const std::string_view function = line.substr(0, i);
      if (function.empty() || function.find(' ') != kNotFound) return std::nullopt;
      return Call{function, line.substr(i + 1)};
    }
  }
  return std::nullopt;
}

// Whether a line may be the first part of a call that was wrapped: no space before its arguments.
bool MayBeginCall(std::string_view line) {
  line = Trim(line);
  if (line.size() < 8 || line.find_first_of("./:") == kNotFound) return false;
  const size_t space = line.find(' ');
  return space == kNotFound || line.find('(') < space;
}

class Text2Reader {
 public:
  Text2Reader(std::string_view text, Snapshot* snapshot)
      : window_(text), snapshot_(snapshot), builder_(snapshot) {}

  void Run() {
    while (!window_.done()) TakeLine(window_.Take());
    Finish();
  }

 private:
  void TakeLine(std::string_view line) {
    if (IsBlank(line)) {
      after_blank_ = true;
      in_preamble_ = false;
      return;
    }
    if (!TakeBlockLine(line) && !TakeJoined(line)) TakeOther(line);
    after_blank_ = false;
  }

  // A line of a goroutine; false when it is none.
  bool TakeBlockLine(std::string_view line) {
    if (block_ && block_->awaits_place() && TakePlace(line)) return true;
    if (TakeHeader(line)) return true;
    if (!block_) return false;
    if (TakeCreatedBy(line)) return true;
    if (const auto ancestor = ParseAncestor(line)) {
      block_->AddAncestor(*ancestor);
      return true;
    }
    if (const auto elided = ParseElided(line)) {
      block_->AddElided(*elided);
      return true;
    }
    if (TakeStackNote(line)) return true;
    return TakeCall(line);
  }

  bool TakeHeader(std::string_view line) {
    if (auto leaked = ParseGoleakHeader(line)) {
      snapshot_->format = "goleak";
      Close();
      any_header_ = true;
      in_preamble_ = false;
      if (!ParseHeader(window_.Peek())) block_.emplace(*std::move(leaked), &builder_);
      return true;
    }
    const size_t at = line.find("goroutine ");
    std::optional<Goroutine> header;
    if (at != kNotFound && (at == 0 || IsSpace(line[at - 1])))
      header = ParseHeader(line.substr(at));
    if (!header && Trim(line) == "runtime stack:") {
      // The scheduler's own stack of the thread that threw: no goroutine, so no header.
      header.emplace();
      header->kind = Kind::kThread;
      header->state = State::kRunning;
    }
    if (!header) return false;
    Close();
    any_header_ = true;
    in_preamble_ = false;
    block_.emplace(*std::move(header), &builder_);
    return true;
  }

  bool TakePlace(std::string_view line) {
    auto place = ParsePlace(line);
    if (!place) return false;
    std::string joined;
    if (IsPlaceRest(window_.Peek())) {
      joined = Cat(line, window_.Peek());
      if (const auto whole = ParsePlace(joined)) {
        window_.Take();
        place = whole;
      }
    }
    block_->AddPlace(*place);
    return true;
  }

  bool TakeStackNote(std::string_view line) {
    const std::string_view note = Trim(line);
    if (note == "non-Go function") {
      block_->AddCall({note, ""});
      return true;
    }
    if (!Contains(note, "stack unavailable")) return false;
    block_->SetNote(note);
    return true;
  }

  bool TakeCall(std::string_view line) {
    // After its creator and a blank line a goroutine has ended: what follows belongs to something
    // else, a race report perhaps.
    if (after_blank_ && block_->has_creator()) return false;
    auto call = ParseCall(line);
    const bool place_follows = IsPlace(window_.Peek());
    if (call && !place_follows && !MayBeginCall(line)) call.reset();
    const bool input_ends = !window_.terminated() && window_.done();
    if (!call && (place_follows || input_ends)) call = ParseCutCall(line);
    // C functions that a symbolizer named have no parentheses.
    if (!call && place_follows && Contains(window_.Peek(), " pc=0x") &&
        Trim(line).find(' ') == kNotFound) {
      call = Call{Trim(line), ""};
    }
    if (!call) return false;
    block_->AddCall(*call);
    return true;
  }

  bool TakeCreatedBy(std::string_view line) {
    auto created = ParseCreatedBy(line);
    if (!created) return false;
    std::string joined;
    // A line that was wrapped goes on in the next one.
    if (!IsPlace(window_.Peek()) && !IsBlank(window_.Peek()) && IsPlace(window_.Peek(1))) {
      joined = Cat(line, window_.Peek());
      if (const auto whole = ParseCreatedBy(joined)) {
        window_.Take();
        created = whole;
      }
    }
    block_->AddCreatedBy(*created);
    return true;
  }

  // Joins a line with those after it when only the whole makes sense.
  bool TakeJoined(std::string_view line) {
    const bool awaits_place = block_ && block_->awaits_place();
    const bool begins_header = TrimLeft(line).starts_with("goroutine ");
    const bool begins_place = awaits_place && line.find_first_of("/\\") != kNotFound;
    const bool begins_call = block_ && MayBeginCall(line);
    if (!begins_header && !begins_place && !begins_call) return false;
    std::string joined(line);
    for (size_t ahead = 0; ahead < kMaxWraps; ++ahead) {
      const std::string_view next = window_.Peek(ahead);
      if (IsBlank(next) || ParseHeader(next) || ParseCreatedBy(next)) return false;
      Append(&joined, next);
      const bool whole = (begins_header && ParseHeader(joined)) ||
                         (begins_place && IsPlace(joined)) ||
                         (begins_call && ParseCall(joined) && BeginsPlace(window_.Peek(ahead + 1)));
      if (!whole) continue;
      for (size_t i = 0; i <= ahead; ++i) window_.Take();
      return TakeBlockLine(joined);
    }
    return false;
  }

  // A line outside of any goroutine, or one that does not belong where it stands.
  void TakeOther(std::string_view line) {
    const bool preamble = IsPreamble(line);
    if (after_blank_ || preamble) Close();
    if (preamble || in_preamble_) {
      in_preamble_ = true;
      if (snapshot_->preamble.size() < kMaxPreamble) {
        Append(&snapshot_->preamble, snapshot_->preamble.empty() ? "" : "\n", TrimRight(line));
      }
    } else if (std::string_view note = line; TakePrefix(&note, "# note: ")) {
      snapshot_->notes.emplace_back(note);
    } else if (!any_header_ && (IsPlace(line) || ParseCreatedBy(line) || ParseCall(line))) {
      ++orphans_;
    } else if (!IsTail(line)) {
      unknown_.Add(window_.number(), line);
      const std::string_view text = Trim(line);
      ends_in_unknown_ =
          !window_.terminated() && (block_ || text.starts_with("goroutine ") ||
                                    std::string_view("goroutine ").starts_with(text));
    }
  }

  void Close() {
    if (!block_) return;
    Goroutine goroutine = block_->Finish();
    block_.reset();
    InferWait(*snapshot_, &goroutine);
    if (goroutine.id != 0 && !ids_.insert(goroutine.id).second) ++repeated_;
    snapshot_->goroutines.push_back(std::move(goroutine));
  }

  void Finish() {
    const bool cut = ends_in_unknown_ || (block_ && !block_->MayEndHere(window_.terminated()));
    Close();
    unknown_.Report(snapshot_);
    if (orphans_ > 0) {
      snapshot_->notes.push_back(absl::StrFormat(
          "the input begins in the middle of a stack: %d lines before the first header left out",
          orphans_));
    }
    if (repeated_ > 0) {
      snapshot_->notes.push_back(absl::StrFormat(
          "%d goroutines appear more than once: the input holds several dumps", repeated_));
    }
    if (cut) {
      snapshot_->truncated = true;
      snapshot_->notes.emplace_back("the input ends in the middle of a stack");
    }
  }

  LineWindow window_;
  Snapshot* snapshot_;
  DumpBuilder builder_;
  UnknownLines unknown_;
  std::optional<GoroutineBlock> block_;
  absl::flat_hash_set<uint64_t> ids_;
  size_t orphans_ = 0;
  size_t repeated_ = 0;
  bool any_header_ = false;
  bool after_blank_ = false;
  bool in_preamble_ = false;
  bool ends_in_unknown_ = false;
};

}  // namespace

void ReadText2(std::string_view text, Snapshot* snapshot) { Text2Reader(text, snapshot).Run(); }

}  // namespace muster::inspector::formats
