#include "inspector/report/markup.h"

#include "inspector/formats/go_quote.h"

namespace muster::inspector::report {

std::string Markup(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const size_t length = formats::Utf8Length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    const char c = character.front();
    if (length == 0 || (length == 1 && static_cast<unsigned char>(c) < ' ') || c == '\x7f') {
      safe += '?';
    } else if (c == '&') {
      safe += "&amp;";
    } else if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '"') {
      safe += "&quot;";
    } else {
      safe += character;
    }
  }
  return safe;
}

std::string Shortened(std::string_view text, size_t characters) {
  constexpr size_t kFewest = 3;
  size_t count = 0;
  size_t fits = 0;  // bytes of the characters that leave room for the dots
  for (size_t at = 0; at < text.size(); ++count) {
    if (count + 2 <= characters) fits = at;
    const size_t length = formats::Utf8Length(text.substr(at));
    at += length == 0 ? 1 : length;
  }
  if (count <= characters) return std::string(text);
  if (characters < kFewest) return "";
  return std::string(text.substr(0, fits)) + "..";
}

}  // namespace muster::inspector::report
