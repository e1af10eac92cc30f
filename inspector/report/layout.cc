#include "inspector/report/layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "inspector/formats/go_quote.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector::report {
namespace {

const char* Code(Style style) {
  switch (style) {
    case Style::kBold:
      return "\033[1m";
    case Style::kDim:
      return "\033[2m";
    case Style::kRed:
      return "\033[1;31m";
    case Style::kYellow:
      return "\033[1;33m";
    case Style::kCyan:
      return "\033[36m";
    case Style::kPlain:
      break;
  }
  return "";
}

// The column at which places begin, counted from the frame's own indent.
constexpr size_t kPlaceColumn = 40;

}  // namespace

Layout::Layout(const Snapshot& snapshot, std::ostream& out, const ReportOptions& options)
    : snapshot_(snapshot), out_(out), options_(options), words_(snapshot) {
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.id != 0) by_id_.emplace(g.id, &g);
  }
}

std::string Layout::In(Style style, const std::string& text) const {
  if (!options_.color || style == Style::kPlain) return text;
  return absl::StrCat(Code(style), text, "\033[0m");
}

void Layout::Wrap(const std::string& text, size_t indent, const std::string& first) {
  const std::string margin(indent, ' ');
  std::string line = first.empty() ? margin : first;
  bool empty = true;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    if (!empty && line.size() + 1 + word.size() > kColumns) {
      out_ << line << "\n";
      line = margin;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
    start = end + 1;
  }
  out_ << line << "\n";
}

bool Layout::IsFolded(FrameId id) const {
  return !options_.all_frames && IsRuntimeFrame(snapshot_.frames[id]);
}

void Layout::Frames(StackId stack, size_t indent) {
  if (stack >= snapshot_.stacks.size()) return;
  const Stack& whole = snapshot_.stacks[stack];
  std::vector<FrameId> shown;
  for (const FrameId id : whole.frames) {
    if (!IsFolded(id)) shown.push_back(id);
  }
  // A stack of nothing but the runtime's frames still says where it stands.
  if (shown.empty()) shown = whole.frames;
  const std::string margin(indent, ' ');
  for (const FrameId id : shown) {
    const Frame& frame = snapshot_.frames[id];
    std::string name = analysis::DisplayName(frame);
    if (frame.function.empty() && !frame.module.empty()) {
      name = absl::StrCat(analysis::BaseName(frame.module), "+0x", absl::Hex(frame.module_offset));
    }
    out_ << margin << name;
    if (!frame.file.empty()) {
      // A name that reaches into the column of places has its place on the next line.
      if (name.size() + 2 > kPlaceColumn) {
        out_ << "\n" << margin << std::string(kPlaceColumn, ' ');
      } else {
        out_ << std::string(kPlaceColumn - name.size(), ' ');
      }
      out_ << In(Style::kCyan, analysis::PlaceOf(frame));
    }
    out_ << "\n";
  }
  if (whole.elided > 0) {
    out_ << margin << "... " << analysis::Count(whole.elided, "more frame") << " left out\n";
  }
}

void Layout::LabelLine(const Labels& labels, size_t indent) {
  out_ << std::string(indent, ' ') << "labels:";
  for (const auto& [key, value] : labels) {
    out_ << ' ' << formats::GoQuote(key) << ": " << formats::GoQuote(value);
  }
  out_ << "\n";
}

void Layout::CreatedBy(StackId creation_stack, uint64_t parent, size_t indent) {
  const Frame* frame = words_.UserFrame(creation_stack);
  if (frame == nullptr && parent == 0) return;
  out_ << std::string(indent, ' ') << "created";
  if (frame != nullptr) {
    out_ << " by " << In(Style::kBold, analysis::DisplayName(*frame));
    if (!frame->file.empty()) {
      out_ << " at " << In(Style::kCyan, analysis::PlaceOf(*frame));
    }
  }
  if (parent != 0) out_ << " in goroutine " << parent;
  out_ << "\n";
}

const Goroutine* Layout::Find(uint64_t id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

void Layout::Notes(uint64_t seen) {
  if (snapshot_.notes.empty() && !snapshot_.truncated) return;
  out_ << "\n";
  // Whoever found the end missing has noted where that was.
  if (snapshot_.notes.empty()) {
    const uint64_t missing = snapshot_.live > seen ? snapshot_.live - seen : 0;
    Wrap(missing == 0
             ? std::string("the input ends in the middle: there may have been more")
             : absl::StrCat("the input ends in the middle: ", analysis::Count(missing, "goroutine"),
                            " not shown"),
         6, "note: ");
  }
  for (const std::string& note : snapshot_.notes) Wrap(note, 6, "note: ");
}

std::string SourceName(const Snapshot& snapshot) {
  if (!snapshot.source.empty()) return snapshot.source;
  return snapshot.pid != 0 ? absl::StrCat("pid ", snapshot.pid) : "snapshot";
}

std::string NofM(const Snapshot& snapshot) {
  const uint64_t seen = snapshot.total();
  // Goroutines may be started while a capture runs, so N can pass the M of its beginning.
  return absl::StrCat(seen, " of ", analysis::Count(std::max(seen, snapshot.live), "goroutine"));
}

}  // namespace muster::inspector::report
