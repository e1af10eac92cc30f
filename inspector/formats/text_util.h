// Small scanning tools that the text readers share. All work on views and allocate nothing.
#ifndef MUSTER_INSPECTOR_FORMATS_TEXT_UTIL_H_
#define MUSTER_INSPECTOR_FORMATS_TEXT_UTIL_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace muster::inspector::formats {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
inline bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// `text` without spaces, tabs and carriage returns at its ends.
std::string_view TrimLeft(std::string_view text);
std::string_view TrimRight(std::string_view text);
std::string_view Trim(std::string_view text);

// Takes a number off the front of `text`; nothing is taken when there is none or it overflows.
std::optional<uint64_t> TakeDecimal(std::string_view* text);
// The same for "0x..." in either case of letters.
std::optional<uint64_t> TakeHex(std::string_view* text);
// Takes `word` off the front of `text` when it is there.
bool TakePrefix(std::string_view* text, std::string_view word);
// Takes the next run of characters that are no white space, and the white space before it.
std::string_view TakeWord(std::string_view* text);

// `text` as a line number; nullopt when it is no number or does not fit.
std::optional<int32_t> ParseLine(std::string_view text);

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Lower-case hexadecimal digits, without "0x".
std::string Hex(uint64_t value);

// A piece of text for Cat and Append: any string, or a number in decimal. Debian builds abseil's
// string_view as a type of its own, which absl::StrCat then wants instead of std::string_view.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}    // NOLINT(google-explicit-constructor)
  Piece(const char* text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  Piece(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  template <std::integral Number>
  Piece(Number number) : number_(std::to_string(number)), text_(number_) {}  // NOLINT
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string number_;
  std::string_view text_;
};

void AppendPieces(std::string* out, std::initializer_list<std::string_view> pieces);

template <typename... Parts>
void Append(std::string* out, const Parts&... parts) {
  AppendPieces(out, {Piece(parts).text()...});
}

template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  AppendPieces(&out, {Piece(parts).text()...});
  return out;
}

// `text` with its tabs and line ends as spaces: what we write on one line must stay one line,
// whatever a name holds.
std::string OneLine(std::string_view text);

// Walks over the lines of a text, without their ends (LF or CRLF).
class LineCursor {
 public:
  explicit LineCursor(std::string_view text) : rest_(text) {}
  bool done() const { return rest_.empty(); }
  std::string_view Next();
  // Whether the line that Next gave last had an end.
  bool terminated() const { return terminated_; }

 private:
  std::string_view rest_;
  bool terminated_ = true;
};

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_TEXT_UTIL_H_
