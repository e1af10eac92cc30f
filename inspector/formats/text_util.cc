#include "inspector/formats/text_util.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace muster::inspector::formats {
namespace {

std::optional<uint64_t> TakeNumber(std::string_view* text, size_t skip, int base) {
  uint64_t value = 0;
  const char* begin = text->data() + skip;
  const char* end = text->data() + text->size();
  const auto result = std::from_chars(begin, end, value, base);
  if (result.ec != std::errc() || result.ptr == begin) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(result.ptr - text->data()));
  return value;
}

}  // namespace

std::string_view TrimLeft(std::string_view text) {
  size_t begin = 0;
  while (begin < text.size() && IsSpace(text[begin])) ++begin;
  return text.substr(begin);
}

std::string_view TrimRight(std::string_view text) {
  size_t end = text.size();
  while (end > 0 && IsSpace(text[end - 1])) --end;
  return text.substr(0, end);
}

std::string_view Trim(std::string_view text) { return TrimRight(TrimLeft(text)); }

std::optional<uint64_t> TakeDecimal(std::string_view* text) {
  if (text->empty() || !IsDigit(text->front())) return std::nullopt;
  return TakeNumber(text, 0, 10);
}

std::optional<uint64_t> TakeHex(std::string_view* text) {
  if (text->size() < 3 || (*text)[0] != '0' || ((*text)[1] | 0x20) != 'x' ||
      !IsHexDigit((*text)[2])) {
    return std::nullopt;
  }
  return TakeNumber(text, 2, 16);
}

bool TakePrefix(std::string_view* text, std::string_view word) {
  if (text->substr(0, word.size()) != word) return false;
  text->remove_prefix(word.size());
  return true;
}

std::string_view TakeWord(std::string_view* text) {
  *text = TrimLeft(*text);
  size_t end = 0;
  while (end < text->size() && !IsSpace((*text)[end])) ++end;
  const std::string_view word = text->substr(0, end);
  text->remove_prefix(end);
  return word;
}

std::optional<int32_t> ParseLine(std::string_view text) {
  const auto value = TakeDecimal(&text);
  if (!value || !text.empty() || *value > std::numeric_limits<int32_t>::max()) return std::nullopt;
  return static_cast<int32_t>(*value);
}

std::string Hex(uint64_t value) {
  char digits[16];
  const auto result = std::to_chars(digits, digits + sizeof(digits), value, 16);
  return std::string(digits, result.ptr);
}

void AppendPieces(std::string* out, std::initializer_list<std::string_view> pieces) {
  size_t size = out->size();
  for (const std::string_view piece : pieces) size += piece.size();
  // Growing by what is needed only would make many appends quadratic.
  if (size > out->capacity()) out->reserve(std::max(size, 2 * out->capacity()));
  for (const std::string_view piece : pieces) out->append(piece);
}

std::string OneLine(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return out;
}

std::string_view LineCursor::Next() {
  const size_t end = rest_.find('\n');
  terminated_ = end != std::string_view::npos;
  std::string_view line = rest_.substr(0, end);
  rest_ = terminated_ ? rest_.substr(end + 1) : std::string_view();
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace muster::inspector::formats
