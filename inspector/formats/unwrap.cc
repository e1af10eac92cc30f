#include "inspector/formats/unwrap.h"

#include <cstdint>
#include <utility>

#include "inspector/formats/landmark.h"
#include "inspector/formats/text_util.h"
#include "nlohmann/json.hpp"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;

bool IsUtf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

void AppendRune(uint32_t rune, std::string* out) {
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
    return;
  }
  const int tails = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
  static constexpr uint32_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  out->push_back(static_cast<char>(kLead[tails] | rune >> (6 * tails)));
  for (int i = tails - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(0x80 | (rune >> (6 * i) & 0x3f)));
  }
}

// A line that a structured logger or a container engine wrote: one JSON object.
bool LooksLikeJsonRecord(std::string_view line) {
  line = Trim(line);
  return line.size() > 2 && line.front() == '{' && line.back() == '}' &&
         line.find("\":") != kNotFound;
}

// The text that one record carries: docker's "log", else every string that holds a dump's line.
bool AppendRecord(std::string_view line, std::string* out) {
  const auto record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object()) return false;
  if (const auto log = record.find("log"); log != record.end() && log->is_string()) {
    out->append(log->get_ref<const std::string&>());
    return true;
  }
  bool found = false;
  for (const auto& [key, value] : record.items()) {
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    const bool is_message = key == "message" || key == "msg" || key == "MESSAGE" || key == "line";
    if (!is_message && text.find('\n') == kNotFound) continue;
    out->append(text);
    if (!text.ends_with('\n')) out->push_back('\n');
    found = true;
  }
  return found;
}

// Whether a line holds a dump's line ends as the two characters backslash and n.
bool HasEscapedLines(std::string_view text) {
  return Contains(text, "]:\\n") || Contains(text, ")\\n\\t") || Contains(text, "\\n\\t/") ||
         Contains(text, "\\n\\ngoroutine ") || Contains(text, "\\ncreated by ");
}

}  // namespace

std::string Utf16ToUtf8(std::string_view text) {
  const bool big_endian = text.starts_with("\xfe\xff");
  const auto unit = [&](size_t i) {
    const auto first = static_cast<uint8_t>(text[i]);
    const auto second = static_cast<uint8_t>(text[i + 1]);
    return static_cast<uint32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 2; i + 1 < text.size(); i += 2) {
    uint32_t rune = unit(i);
    const bool high = rune >= 0xd800 && rune < 0xdc00;
    if (high && i + 3 < text.size() && unit(i + 2) >= 0xdc00 && unit(i + 2) < 0xe000) {
      rune = 0x10000 + ((rune - 0xd800) << 10) + (unit(i + 2) - 0xdc00);
      i += 2;
    } else if (rune >= 0xd800 && rune < 0xe000) {
      rune = 0xfffd;
    }
    AppendRune(rune, &out);
  }
  return out;
}

std::string StripColours(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t escape = text.find('\x1b');
    out.append(text.substr(0, escape));
    if (escape == kNotFound) break;
    text.remove_prefix(escape + 1);
    if (!TakePrefix(&text, "[")) continue;
    size_t end = 0;
    while (end < text.size() && (IsDigit(text[end]) || text[end] == ';')) ++end;
    text.remove_prefix(end < text.size() ? end + 1 : end);
  }
  return out;
}

std::string JoinJsonRecords(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (LineCursor lines(text); !lines.done();) {
    const std::string_view line = lines.Next();
    if (LooksLikeJsonRecord(line) && AppendRecord(Trim(line), &out)) continue;
    out.append(line);
    if (lines.terminated()) out.push_back('\n');
  }
  return out;
}

std::string Unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (LineCursor lines(text); !lines.done();) {
    std::string_view line = lines.Next();
    if (HasEscapedLines(line)) {
      for (size_t slash; (slash = line.find('\\')) != kNotFound;) {
        out.append(line.substr(0, slash));
        const char next = slash + 1 < line.size() ? line[slash + 1] : '\0';
        const size_t known = std::string_view("ntr\"\\").find(next);
        if (next != '\0' && known != kNotFound) {
          // A carriage return before an escaped line end goes the way of CRLF.
          if (next != 'r') out.push_back("\n\t\r\"\\"[known]);
          line.remove_prefix(slash + 2);
        } else {
          out.push_back('\\');
          line.remove_prefix(slash + 1);
        }
      }
    }
    out.append(line);
    if (lines.terminated()) out.push_back('\n');
  }
  return out;
}

std::string_view Unwrap(std::string_view input, std::string* storage) {
  std::string_view text = input;
  const auto replace = [&](std::string next) {
    *storage = std::move(next);
    text = *storage;
  };
  if (IsUtf16(text)) replace(Utf16ToUtf8(text));
  TakePrefix(&text, "\xef\xbb\xbf");
  if (Contains(text, "\x1b")) replace(StripColours(text));
  if (Contains(text, "{\"")) {
    if (Contains(text, "\\n")) replace(JoinJsonRecords(text));
  }
  if (HasEscapedLines(text)) replace(Unescape(text));
  for (LineCursor lines(text); !lines.done();) {
    const std::string_view line = lines.Next();
    const Found found = FindLandmark(line);
    if (found.kind == Landmark::kNone || Trim(line.substr(0, found.at)).empty()) continue;
    replace(StripPrefixes(text));
    break;
  }
  return text;
}

}  // namespace muster::inspector::formats
