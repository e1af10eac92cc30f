#include "inspector/formats/text1_lines.h"

#include <string>

#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;

// Where "+0x..." ends a function's name: followed by white space or the line's end.
size_t FindOffset(std::string_view text) {
  static constexpr std::string_view kMark = "+0x";
  for (size_t at = text.find(kMark); at != kNotFound; at = text.find(kMark, at + 1)) {
    size_t end = at + kMark.size();
    while (end < text.size() && IsHexDigit(text[end])) ++end;
    if (end == text.size() || IsSpace(text[end])) return at;
  }
  return kNotFound;
}

// Splits "file:line" at its last colon.
bool SplitPlace(std::string_view text, std::string_view* file, int32_t* line) {
  const size_t colon = text.rfind(':');
  if (colon == kNotFound) return false;
  const auto number = ParseLine(text.substr(colon + 1));
  if (!number) return false;
  *file = text.substr(0, colon);
  *line = *number;
  return true;
}

std::string_view SkipHash(std::string_view line) {
  line = TrimLeft(line);
  TakePrefix(&line, "#");
  return TrimLeft(line);
}

std::optional<uint64_t> TakeBareHex(std::string_view* text) {
  const std::string prefixed = "0x" + std::string(text->substr(0, 17));
  std::string_view rest = prefixed;
  const auto value = TakeHex(&rest);
  if (!value) return std::nullopt;
  text->remove_prefix(prefixed.size() - rest.size() - 2);
  return value;
}

}  // namespace

std::optional<ProfileHeader> ParseProfileHeader(std::string_view line) {
  static constexpr std::string_view kMiddle = " profile: total ";
  line = Trim(line);
  const size_t middle = line.find(kMiddle);
  if (middle == kNotFound) return std::nullopt;
  ProfileHeader header;
  header.name = line.substr(0, middle);
  if (const size_t space = header.name.find_last_of(" \t"); space != kNotFound) {
    header.name.remove_prefix(space + 1);
  }
  line.remove_prefix(middle + kMiddle.size());
  const auto total = TakeDecimal(&line);
  if (!total || header.name.empty()) return std::nullopt;
  header.total = *total;
  return header;
}

std::optional<Bucket> ParseBucket(std::string_view line) {
  line = Trim(line);
  const auto count = TakeDecimal(&line);
  if (!count || !TakePrefix(&line, " @")) return std::nullopt;
  Bucket bucket;
  bucket.count = *count;
  for (line = TrimLeft(line); !line.empty(); line = TrimLeft(line)) {
    const auto address = TakeHex(&line);
    if (!address) {
      bucket.cut = true;
      break;
    }
    bucket.addresses.push_back(*address);
  }
  return bucket;
}

bool AppendAddresses(std::string_view line, std::vector<uint64_t>* addresses) {
  line = Trim(line);
  std::vector<uint64_t> more;
  bool glued = false;
  if (!line.starts_with("0x")) {  // the wrap went through an address
    std::string_view rest = line;
    size_t digits = 0;
    while (digits < rest.size() && IsHexDigit(rest[digits])) ++digits;
    if (digits == 0 || digits > 15 || addresses->empty()) return false;
    if (digits < rest.size() && !IsSpace(rest[digits])) return false;
    glued = true;
    const auto tail = TakeBareHex(&rest);
    if (!tail || addresses->back() >> (64 - 4 * digits) != 0) return false;
    more.push_back(addresses->back() << (4 * digits) | *tail);
    line = rest;
  }
  for (line = TrimLeft(line); !line.empty(); line = TrimLeft(line)) {
    const auto address = TakeHex(&line);
    if (!address || (!line.empty() && !IsSpace(line.front()))) return false;
    more.push_back(*address);
  }
  // One address alone may be the frame of an unknown function.
  if (!glued && (more.empty() || more.size() == 1)) return false;
  if (glued) addresses->pop_back();
  addresses->insert(addresses->end(), more.begin(), more.end());
  return true;
}

std::optional<FrameLine> ParseFrameLine(std::string_view line) {
  line = TrimRight(SkipHash(line));
  const auto address = TakeHex(&line);
  if (!address || (!line.empty() && !IsSpace(line.front()))) return std::nullopt;
  FrameLine frame;
  frame.address = *address;
  line = TrimLeft(line);
  if (line.empty()) {
    frame.whole = true;
    return frame;
  }
  if (line.starts_with("0x")) return std::nullopt;  // a list of addresses
  const size_t plus = FindOffset(line);
  if (plus != kNotFound) {
    frame.function = line.substr(0, plus);
    line.remove_prefix(plus + 1);
    frame.offset = TakeHex(&line).value_or(0);
  } else {
    // Cut or printed without an offset: columns are set apart by a tab or by two spaces.
    const size_t end = line.find_first_of(line.find('\t') == kNotFound ? " " : "\t");
    frame.function = line.substr(0, end);
    line.remove_prefix(end == kNotFound ? line.size() : end);
  }
  line = TrimLeft(line);
  frame.whole = SplitPlace(line, &frame.file, &frame.line);
  if (!frame.whole) frame.file = line.ends_with(':') ? line.substr(0, line.size() - 1) : line;
  return frame;
}

std::optional<Mapping> ParseMapping(std::string_view line) {
  line = Trim(line);
  Mapping mapping;
  const auto start = TakeBareHex(&line);
  if (!start || !TakePrefix(&line, "-")) return std::nullopt;
  const auto limit = TakeBareHex(&line);
  if (!limit || *limit < *start) return std::nullopt;
  mapping.start = *start;
  mapping.limit = *limit;
  const std::string_view permissions = TakeWord(&line);
  if (permissions.size() != 4) return std::nullopt;
  std::string_view offset = TakeWord(&line);
  mapping.offset = TakeBareHex(&offset).value_or(0);
  TakeWord(&line);  // device
  TakeWord(&line);  // inode
  mapping.file = Trim(line);
  return mapping;
}

std::optional<std::string_view> ParseExtra(std::string_view line, std::string_view word) {
  line = Trim(line);
  TakePrefix(&line, "#");
  line = TrimLeft(line);
  if (!TakePrefix(&line, word) || !TakePrefix(&line, ":")) return std::nullopt;
  return TrimLeft(line);
}

std::optional<Frame> ParseCreatorFrame(std::string_view text) {
  static constexpr std::string_view kAt = " at ";
  Frame frame;
  if (const auto pc = TakeHex(&text)) {
    frame.pc = *pc;
    if (!TakePrefix(&text, " ")) return frame;
  }
  const size_t at = text.find(kAt);
  frame.function = text.substr(0, at);
  if (at == kNotFound) return frame;
  std::string_view file;
  if (SplitPlace(text.substr(at + kAt.size()), &file, &frame.line)) frame.file = file;
  return frame;
}

}  // namespace muster::inspector::formats
