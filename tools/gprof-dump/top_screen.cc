#include "tools/gprof-dump/top_screen.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "inspector/analysis/group_key.h"
#include "inspector/analysis/words.h"
#include "inspector/report/layout.h"
#include "muster/inspector/report.h"

namespace muster::gprof_dump {
namespace {

using inspector::Group;

constexpr size_t kPage = 10;
constexpr char kKeys[] =
    "q quit  up/down choose  enter stack  s sort  p pause  +/- speed  z zero  ? help";

struct Sequence {
  std::string_view bytes;
  Key key;
};
// What terminals send for keys that have no character; some send O in place of [.
constexpr std::array<Sequence, 10> kSequences = {{{"\033[A", Key::kUp},
                                                  {"\033[B", Key::kDown},
                                                  {"\033OA", Key::kUp},
                                                  {"\033OB", Key::kDown},
                                                  {"\033[5~", Key::kPageUp},
                                                  {"\033[6~", Key::kPageDown},
                                                  {"\033[H", Key::kHome},
                                                  {"\033[F", Key::kEnd},
                                                  {"\033OH", Key::kHome},
                                                  {"\033OF", Key::kEnd}}};

// A line of a screen has no control characters, whatever a name has.
std::string Clean(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return text;
}

std::string Cut(const std::string& text, size_t columns) { return text.substr(0, columns); }

// Reversed, in the whole width of the screen, or marked when there are no colours.
std::string Reversed(std::string line, size_t columns, bool color) {
  if (!color) return line;
  line.resize(columns, ' ');
  return absl::StrCat("\033[7m", line, "\033[0m");
}

}  // namespace

KeyPress TakeKey(std::string* input) {
  if (input->empty()) return {};
  for (const Sequence& sequence : kSequences) {
    if (!input->starts_with(sequence.bytes)) continue;
    input->erase(0, sequence.bytes.size());
    return {sequence.key};
  }
  const char c = input->front();
  input->erase(0, 1);
  if (c == '\033') {
    if (input->empty()) return {Key::kEscape};
    // A sequence that is not known ends with a letter or a tilde.
    const size_t end = input->find_first_of("~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ");
    input->erase(0, end == std::string::npos ? end : end + 1);
    return {};
  }
  if (c == '\r' || c == '\n') return {Key::kEnter};
  return {Key::kText, c};
}

void TopScreen::Update(inspector::GroupedDump dump) {
  dump_ = std::move(dump);
  counts_.clear();
  rows_.clear();
  for (const Group& group : dump_.groups) {
    std::string key = inspector::analysis::GroupKey(dump_.snapshot, group);
    counts_[key] += group.count;
    rows_.push_back({std::move(key), 0, &group});
  }
  if (!base_) base_ = counts_;
  Sort();
}

void TopScreen::Sort() {
  for (Row& row : rows_) {
    const auto before = base_->find(row.key);
    const uint64_t had = before == base_->end() ? 0 : before->second;
    row.change = static_cast<int64_t>(counts_[row.key] - had);
  }
  std::stable_sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
    if (order_ == Order::kChange && a.change != b.change) return a.change > b.change;
    if (order_ == Order::kWait && a.group->wait_max_ns != b.group->wait_max_ns) {
      return a.group->wait_max_ns > b.group->wait_max_ns;
    }
    return a.group->count > b.group->count;
  });
  const auto same = std::find_if(rows_.begin(), rows_.end(),
                                 [this](const Row& row) { return row.key == selected_; });
  Select(same == rows_.end() ? at_ : static_cast<size_t>(same - rows_.begin()));
}

void TopScreen::Select(size_t row) {
  at_ = rows_.empty() ? 0 : std::min(row, rows_.size() - 1);
  selected_ = rows_.empty() ? "" : rows_[at_].key;
}

TopScreen::Wish TopScreen::Press(const KeyPress& press) {
  switch (press.key) {
    case Key::kUp:
      Select(at_ == 0 ? 0 : at_ - 1);
      return Wish::kNothing;
    case Key::kDown:
      Select(at_ + 1);
      return Wish::kNothing;
    case Key::kPageUp:
      Select(at_ < kPage ? 0 : at_ - kPage);
      return Wish::kNothing;
    case Key::kPageDown:
      Select(at_ + kPage);
      return Wish::kNothing;
    case Key::kHome:
      Select(0);
      return Wish::kNothing;
    case Key::kEnd:
      Select(rows_.size());
      return Wish::kNothing;
    case Key::kEnter:
      open_ = !open_;
      return Wish::kNothing;
    case Key::kEscape:
      open_ = help_ = false;
      return Wish::kNothing;
    case Key::kNone:
      return Wish::kNothing;
    case Key::kText:
      break;
  }
  switch (press.text) {
    case 'q':
    case '\x03':  // Ctrl-C, which a terminal in this mode sends as a character
      return Wish::kQuit;
    case 'k':
      return Press({Key::kUp});
    case 'j':
      return Press({Key::kDown});
    case 's':
      order_ = order_ == Order::kCount    ? Order::kChange
               : order_ == Order::kChange ? Order::kWait
                                          : Order::kCount;
      if (base_) Sort();
      return Wish::kNothing;
    case 'z':
      base_ = counts_;
      Sort();
      return Wish::kNothing;
    case '?':
    case 'h':
      help_ = !help_;
      return Wish::kNothing;
    case 'p':
    case ' ':
      return Wish::kPause;
    case 'r':
      return Wish::kRefresh;
    case '+':
      return Wish::kFaster;
    case '-':
      return Wish::kSlower;
    case '[':
      return Wish::kEarlier;
    case ']':
      return Wish::kLater;
    default:
      return Wish::kNothing;
  }
}

std::vector<std::string> TopScreen::Help() const {
  return {"q          quit",
          "up down    choose a group (also k and j, page up, page down, home, end)",
          "enter      show or hide the stack of the chosen group",
          "s          sort by count, by change, by wait",
          "z          count changes from now on",
          "p          pause, and go on (also the space bar)",
          "r          look again now",
          "+ -        look more often, less often",
          "[ ]        of a recording: the snapshot before, the next one",
          "?          this help, and back (also h, escape)"};
}

std::vector<std::string> TopScreen::Details(const Row& row) const {
  std::ostringstream text;
  inspector::report::Layout layout(dump_.snapshot, text, {});
  if (!row.group->ids.empty()) {
    text << layout.words().Names(row.group->ids, row.group->count, 8) << "\n";
  }
  layout.Frames(row.group->stack, 2);
  layout.CreatedBy(row.group->creation_stack, row.group->parent_id, 0);
  return absl::StrSplit(text.str(), '\n', absl::SkipEmpty());
}

std::vector<std::string> TopScreen::Draw(const Size& size, bool color) const {
  const inspector::analysis::Words words(dump_.snapshot);
  const auto bold = [color](const std::string& text) {
    return color ? absl::StrCat("\033[1m", text, "\033[0m") : text;
  };
  uint64_t shown = 0;
  for (const Row& row : rows_) shown += row.group->count;
  std::vector<std::string> lines;
  const char* order = order_ == Order::kCount    ? "count"
                      : order_ == Order::kChange ? "change"
                                                 : "wait";
  lines.push_back(bold(
      Cut(Clean(absl::StrCat(dump_.snapshot.source, ": ", shown, " of ",
                             std::max(shown, dump_.snapshot.live), " goroutines in ", rows_.size(),
                             " groups, by ", order, note_.empty() ? "" : ", ", note_)),
          size.columns)));
  lines.push_back(Cut(kKeys, size.columns));
  if (help_) {
    for (const std::string& line : Help()) lines.push_back(Cut(line, size.columns));
    if (lines.size() > size.rows) lines.resize(size.rows);
    return lines;
  }
  lines.push_back(bold(Cut("  COUNT  CHANGE     WAIT  STATE                 AT", size.columns)));

  std::vector<std::string> details;
  if (open_ && !rows_.empty()) details = Details(rows_[at_]);
  const size_t room = size.rows > lines.size() ? size.rows - lines.size() : 0;
  const size_t detail_room = std::min(details.size(), room / 2);
  const size_t table_room = room - (detail_room == 0 ? 0 : detail_room + 1);
  // The table scrolls so that the chosen row is on it.
  const size_t first = at_ < table_room ? 0 : at_ - table_room + 1;
  for (size_t i = first; i < std::min(rows_.size(), first + table_room); ++i) {
    const Group& group = *rows_[i].group;
    std::string place = words.Place(group.stack);
    if (const inspector::Frame* frame = words.UserFrame(group.stack)) {
      place = absl::StrCat(inspector::analysis::DisplayName(*frame), " ", place);
    }
    const std::string change = rows_[i].change == 0 ? "" : absl::StrFormat("%+d", rows_[i].change);
    std::string line =
        Cut(Clean(absl::StrFormat(
                "%s %5d  %6s  %7s  %-20s  %s", i == at_ ? ">" : " ", group.count, change,
                group.has_wait ? inspector::FormatDuration(group.wait_max_ns) : "", group.status,
                place)),
            size.columns);
    lines.push_back(i == at_ ? Reversed(std::move(line), size.columns, color) : line);
  }
  if (detail_room > 0) {
    lines.push_back(std::string(size.columns, '-'));
    for (size_t i = 0; i < detail_room; ++i) {
      lines.push_back(Cut(Clean(details[i]), size.columns));
    }
  }
  return lines;
}

}  // namespace muster::gprof_dump
