#include "inspector/formats/go_quote.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_format.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

uint32_t DecodeUtf8(std::string_view text, size_t length) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  switch (length) {
    case 2:
      return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3:
      return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    case 4:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 |
             (byte(3) & 0x3f);
    default:
      return byte(0);
  }
}

void AppendUtf8(uint32_t rune, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | (rune >> shift & 0x3f)));
  };
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xc0 | rune >> 6));
    tail(0);
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | rune >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xf0 | rune >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Whether a character of more than one byte may stand for itself. Go asks the whole Unicode table;
// here the blocks of spaces, format characters and private use are what is escaped. A reader gets
// the same string either way.
bool IsPrintableRune(uint32_t rune) {
  struct Range {
    uint32_t first, last;
  };
  static constexpr Range kHidden[] = {
      {0x80, 0xa0},       {0xad, 0xad},       {0x600, 0x605},   {0x61c, 0x61c},   {0x6dd, 0x6dd},
      {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f},
      {0x3000, 0x3000},   {0xd800, 0xf8ff},   {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
      {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};
  for (const Range& range : kHidden) {
    if (rune >= range.first && rune <= range.last) return false;
  }
  return true;
}

void AppendEscaped(std::string_view text, size_t length, std::string* out) {
  const auto byte = static_cast<uint8_t>(text[0]);
  if (length == 0 || byte < 0x80) {
    absl::StrAppendFormat(out, "\\x%02x", byte);
    return;
  }
  const uint32_t rune = DecodeUtf8(text, length);
  if (rune < 0x10000) {
    absl::StrAppendFormat(out, "\\u%04x", rune);
  } else {
    absl::StrAppendFormat(out, "\\U%08x", rune);
  }
}

char NamedEscape(char c) {
  switch (c) {
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    case '"':
    case '\\':
      return c;
    default:
      return 0;
  }
}

// Takes exactly `digits` hexadecimal digits.
std::optional<uint32_t> TakeFixedHex(std::string_view* text, size_t digits) {
  if (text->size() < digits) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = (*text)[i];
    if (!IsHexDigit(c)) return std::nullopt;
    value = value << 4 | static_cast<uint32_t>(IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  text->remove_prefix(digits);
  return value;
}

// Takes three octal digits, of which Go prints none but reads them.
std::optional<uint32_t> TakeOctal(std::string_view* text) {
  if (text->size() < 3) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < 3; ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '7') return std::nullopt;
    value = value << 3 | static_cast<uint32_t>(c - '0');
  }
  if (value > 0xff) return std::nullopt;
  text->remove_prefix(3);
  return value;
}

// Takes what follows a backslash.
bool TakeEscape(std::string_view* text, std::string* out) {
  static constexpr std::string_view kNames = "abfnrtv\"\\'/";
  static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\"\\'/";
  if (text->empty()) return false;
  const char name = text->front();
  if (const size_t at = kNames.find(name); at != std::string_view::npos) {
    text->remove_prefix(1);
    out->push_back(kValues[at]);
    return true;
  }
  if (name >= '0' && name <= '7') {
    const auto value = TakeOctal(text);
    if (value) out->push_back(static_cast<char>(*value));
    return value.has_value();
  }
  text->remove_prefix(1);
  if (name == 'x') {
    const auto value = TakeFixedHex(text, 2);
    if (value) out->push_back(static_cast<char>(*value));
    return value.has_value();
  }
  if (name != 'u' && name != 'U') return false;
  const auto value = TakeFixedHex(text, name == 'u' ? 4 : 8);
  if (!value || *value > 0x10ffff) return false;
  AppendUtf8(*value, out);
  return true;
}

// A key or value that is written without quotes, up to one of `ends`.
std::string_view TakeBare(std::string_view* text, std::string_view ends) {
  const size_t end = text->find_first_of(ends);
  if (end == std::string_view::npos) return {};
  const std::string_view bare = Trim(text->substr(0, end));
  text->remove_prefix(end);
  return bare;
}

std::optional<std::string> TakeLabelPart(std::string_view* text, std::string_view ends) {
  *text = TrimLeft(*text);
  if (text->empty()) return std::nullopt;
  if (text->front() == '"') return TakeGoQuoted(text);
  const size_t before = text->size();
  const std::string_view bare = TakeBare(text, ends);
  if (text->size() == before && bare.empty()) return std::nullopt;
  return std::string(bare);
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xc0) != 0x80) return 0;
  }
  const uint32_t rune = DecodeUtf8(text, length);
  const bool overlong = (length == 3 && rune < 0x800) || (length == 4 && rune < 0x10000);
  const bool surrogate = rune >= 0xd800 && rune <= 0xdfff;
  return overlong || surrogate || rune > 0x10ffff ? 0 : length;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string GoQuote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const char c = text[0];
    if (const char name = NamedEscape(c); name != 0) {
      out.push_back('\\');
      out.push_back(name);
    } else if (length == 1 ? (c >= ' ' && c != 0x7f)
                           : length > 1 && IsPrintableRune(DecodeUtf8(text, length))) {
      out.append(text.substr(0, length));
    } else {
      AppendEscaped(text, length, &out);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
  return out;
}

std::optional<std::string> TakeGoQuoted(std::string_view* text) {
  std::string_view rest = *text;
  if (!TakePrefix(&rest, "\"")) return std::nullopt;
  std::string out;
  while (!rest.empty()) {
    const size_t plain = rest.find_first_of("\"\\");
    if (plain == std::string_view::npos) return std::nullopt;
    out.append(rest.substr(0, plain));
    const char special = rest[plain];
    rest.remove_prefix(plain + 1);
    if (special == '"') {
      *text = rest;
      return out;
    }
    if (!TakeEscape(&rest, &out)) return std::nullopt;
  }
  return std::nullopt;
}

std::string FormatLabels(const Labels& labels) {
  std::string out = "{";
  for (const auto& [key, value] : labels) {
    Append(&out, out.size() > 1 ? ", " : "", GoQuote(key), ":", GoQuote(value));
  }
  out.push_back('}');
  return out;
}

std::optional<Labels> TakeLabels(std::string_view* text) {
  std::string_view rest = *text;
  if (!TakePrefix(&rest, "{")) return std::nullopt;
  Labels labels;
  for (rest = TrimLeft(rest); !TakePrefix(&rest, "}"); rest = TrimLeft(rest)) {
    if (!labels.empty() && !TakePrefix(&rest, ",")) return std::nullopt;
    auto key = TakeLabelPart(&rest, ":,}");
    rest = TrimLeft(rest);
    if (!key || !TakePrefix(&rest, ":")) return std::nullopt;
    auto value = TakeLabelPart(&rest, ",}");
    if (!value) return std::nullopt;
    labels.emplace_back(*std::move(key), *std::move(value));
  }
  *text = rest;
  return labels;
}

}  // namespace muster::inspector::formats
