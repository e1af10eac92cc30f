// Log prefixes: found before a dump's landmarks, then taken off the lines around them.
#include <map>
#include <string>
#include <string_view>

#include "inspector/formats/landmark.h"
#include "inspector/formats/text_util.h"
#include "inspector/formats/unwrap.h"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;
// Longer text before a landmark is a message, not a prefix.
constexpr size_t kMaxPrefix = 256;

// The part of a prefix that names the process or container that printed the line; "" when it names
// none. Lines of other processes, printed in between, belong to other dumps.
std::string_view StreamOf(std::string_view prefix) {
  const std::string_view trimmed = TrimRight(prefix);
  if (trimmed.empty()) return {};
  if (trimmed.back() == '|' && trimmed.size() > 1) {  // "web_1  | "
    const std::string_view name = TrimRight(trimmed.substr(0, trimmed.size() - 1));
    return name.find('|') == kNotFound ? name : std::string_view();
  }
  const size_t word = trimmed.rfind(' ');
  const std::string_view last = word == kNotFound ? trimmed : trimmed.substr(word + 1);
  if (last.ends_with("]:")) return last;                              // "dockerd[1802]: "
  if (last.starts_with("[pod/") && last.ends_with(']')) return last;  // kubectl logs --prefix
  return {};
}

// How much of `line` has the shape of `prefix`: runs of digits match runs of digits of any length
// (time stamps), white space matches white space, other characters themselves. kNotFound when it
// has not. A blank line may have lost the prefix's trailing spaces.
size_t MatchPrefix(std::string_view prefix, std::string_view line) {
  size_t p = 0;
  size_t l = 0;
  while (p < prefix.size()) {
    const bool at_end = l == line.size();
    if (IsSpace(prefix[p])) {
      const bool last = TrimLeft(prefix.substr(p)).empty();
      if (at_end) return last ? l : kNotFound;
      if (!IsSpace(line[l])) return kNotFound;
      // The space behind the prefix is matched exactly: what follows may be indentation that
      // counts.
      if (last) {
        while (p < prefix.size() && l < line.size() && line[l] == prefix[p]) ++p, ++l;
        return l;
      }
      while (p < prefix.size() && IsSpace(prefix[p])) ++p;
      while (l < line.size() && IsSpace(line[l])) ++l;
    } else if (at_end) {
      return kNotFound;
    } else if (IsDigit(prefix[p])) {
      if (!IsDigit(line[l])) return kNotFound;
      while (p < prefix.size() && IsDigit(prefix[p])) ++p;
      while (l < line.size() && IsDigit(line[l])) ++l;
    } else {
      if (prefix[p++] != line[l++]) return kNotFound;
    }
  }
  return l;
}

// What a frame puts behind a line: the end of a table row, a quote or a backtick.
std::string_view StripSuffix(std::string_view prefix, std::string_view line) {
  prefix = Trim(prefix);
  line = TrimRight(line);
  if (prefix.empty() || line.empty()) return line;
  if (prefix.front() == '|' && line.back() == '|')
    return TrimRight(line.substr(0, line.size() - 1));
  const char quote = prefix.back();
  if (quote != '"' && quote != '`' && quote != '\'') return line;
  while (!line.empty() && (line.back() == ',' || line.back() == '}')) {
    const std::string_view rest = TrimRight(line.substr(0, line.size() - 1));
    if (rest.empty() || (rest.back() != quote && rest.back() != '}' && rest.back() != ',')) break;
    line = rest;
  }
  if (!line.empty() && line.back() == quote) line.remove_suffix(1);
  return line;
}

class PrefixStripper {
 public:
  explicit PrefixStripper(std::string_view text) : text_(text) {}

  std::string Run() {
    prefix_ = FirstPrefix();
    for (LineCursor lines(text_); !lines.done();) {
      const std::string_view line = lines.Next();
      Take(line, lines.terminated());
    }
    std::string out = std::move(main_);
    for (const auto& [name, stream] : streams_) {
      if (!out.empty() && !out.ends_with('\n')) out.push_back('\n');
      out.append(stream);
    }
    return out;
  }

 private:
  // Lines before the first landmark carry the same prefix as it does.
  std::string_view FirstPrefix() const {
    for (LineCursor lines(text_); !lines.done();) {
      const std::string_view line = lines.Next();
      const Found found = FindLandmark(line);
      if (found.kind != Landmark::kNone) return PrefixOf(line, found);
    }
    return {};
  }

  static std::string_view PrefixOf(std::string_view line, const Found& found) {
    const std::string_view prefix = line.substr(0, found.at);
    return prefix.size() > kMaxPrefix || Trim(prefix).empty() ? std::string_view() : prefix;
  }

  void Take(std::string_view line, bool terminated) {
    const Found found = FindLandmark(line);
    if (found.kind != Landmark::kNone && found.at > 0 && !Trim(line.substr(0, found.at)).empty()) {
      TakeLandmark(line, found, terminated);
      return;
    }
    const size_t match = prefix_.empty() ? kNotFound : MatchPrefix(prefix_, line);
    if (match != kNotFound) {
      Emit(StreamOf(line.substr(0, match)), StripSuffix(prefix_, line.substr(match)), terminated);
    } else {
      TakeUnmatched(line, terminated);
    }
  }

  void TakeLandmark(std::string_view line, const Found& found, bool terminated) {
    const std::string_view prefix = line.substr(0, found.at);
    const bool message = prefix.size() > kMaxPrefix || prefix.starts_with("panic: ") ||
                         prefix.starts_with("fatal error: ");
    if (message) {
      Emit(last_stream_, prefix, true);  // it ran into the header without a line end
    } else {
      prefix_ = prefix;
    }
    Emit(StreamOf(prefix_), StripSuffix(prefix_, line.substr(found.at)), terminated);
  }

  // A line of another stream has another name before its bar; any other line is passed on as it is.
  void TakeUnmatched(std::string_view line, bool terminated) {
    const std::string_view trimmed = TrimRight(prefix_);
    if (!StreamOf(prefix_).empty() && trimmed.back() == '|') {
      const size_t bar = line.substr(0, kMaxPrefix).find('|');
      if (bar != kNotFound && bar > 0) {
        const std::string_view head = line.substr(0, bar + 1);
        line.remove_prefix(bar + 1);
        TakePrefix(&line, " ");
        Emit(StreamOf(head), line, terminated);
        return;
      }
    }
    Emit(last_stream_, line, terminated);
  }

  void Emit(std::string_view stream, std::string_view line, bool terminated) {
    last_stream_ = stream;
    std::string& out = stream.empty() ? main_ : streams_[std::string(stream)];
    out.append(line);
    if (terminated) out.push_back('\n');
  }

  std::string_view text_;
  std::string_view prefix_;
  std::string_view last_stream_;
  std::string main_;
  std::map<std::string, std::string> streams_;
};

}  // namespace

std::string StripPrefixes(std::string_view text) { return PrefixStripper(text).Run(); }

}  // namespace muster::inspector::formats
