#include "inspector/formats/landmark.h"

#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;

bool IsWordCharacter(char c) {
  return IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsGoleakHeader(std::string_view text) {
  return TakePrefix(&text, "Goroutine ") && TakeDecimal(&text) && text.starts_with(" in state ");
}

// "goroutine " number, then " [" or " gp=".
bool IsGoroutineHeader(std::string_view text) {
  if (!TakePrefix(&text, "goroutine ")) return false;
  if (!TakeDecimal(&text)) return false;
  return text.starts_with(" [") || text.starts_with(" gp=0x");
}

size_t FindGoroutineHeader(std::string_view line) {
  static constexpr std::string_view kWord = "goroutine ";
  for (size_t at = line.find(kWord); at != kNotFound; at = line.find(kWord, at + kWord.size())) {
    if (IsGoroutineHeader(line.substr(at))) return at;
  }
  return kNotFound;
}

// "Goroutine 8 in state chan receive, with f on top of the stack:", behind a bracket when it is the
// first.
size_t FindGoleakHeader(std::string_view line) {
  static constexpr std::string_view kWord = "Goroutine ";
  const size_t at = line.find(kWord);
  if (at == kNotFound || !IsGoleakHeader(line.substr(at))) return kNotFound;
  return at > 0 && line[at - 1] == '[' ? at - 1 : at;
}

// The word before "profile: total" belongs to the header.
size_t FindProfileHeader(std::string_view line) {
  static constexpr std::string_view kWord = " profile: total ";
  const size_t middle = line.find(kWord);
  if (middle == kNotFound || middle == 0) return kNotFound;
  if (middle + kWord.size() >= line.size() || !IsDigit(line[middle + kWord.size()])) {
    return kNotFound;
  }
  size_t begin = middle;
  while (begin > 0 && IsWordCharacter(line[begin - 1])) --begin;
  return begin == middle ? kNotFound : begin;
}

size_t FindBucket(std::string_view line) {
  static constexpr std::string_view kWord = " @ 0x";
  const size_t middle = line.find(kWord);
  if (middle == kNotFound || middle + kWord.size() >= line.size()) return kNotFound;
  if (!IsHexDigit(line[middle + kWord.size()])) return kNotFound;
  size_t begin = middle;
  while (begin > 0 && IsDigit(line[begin - 1])) --begin;
  if (begin == middle || (begin > 0 && IsWordCharacter(line[begin - 1]))) return kNotFound;
  return begin;
}

// panicparse prints "count: state ... [Created by f @ file:line]".
bool IsPanicparse(std::string_view line) {
  line = TrimLeft(line);
  if (!TakeDecimal(&line) || !TakePrefix(&line, ": ")) return false;
  return line.find(" [Created by ") != kNotFound || line.find(" [created by ") != kNotFound;
}

}  // namespace

Found FindLandmark(std::string_view line) {
  if (const size_t at = FindGoroutineHeader(line); at != kNotFound) {
    return {Landmark::kGoroutineHeader, at};
  }
  if (const size_t at = FindGoleakHeader(line); at != kNotFound) return {Landmark::kGoleak, at};
  if (const size_t at = FindProfileHeader(line); at != kNotFound) {
    return {Landmark::kProfileHeader, at};
  }
  if (const size_t at = FindBucket(line); at != kNotFound) return {Landmark::kBucket, at};
  if (IsPanicparse(line)) return {Landmark::kPanicparse, 0};
  return {};
}

}  // namespace muster::inspector::formats
