#include "inspector/formats/text2_lines.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>

#include "inspector/formats/go_quote.h"
#include "inspector/formats/status.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr size_t kNotFound = std::string_view::npos;
constexpr int64_t kMinuteNs = 60'000'000'000;

// The position of the first of `wanted` that is in no quoted string and no braces.
size_t FindOutside(std::string_view text, std::string_view wanted) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
    } else if (depth == 0 && wanted.find(c) != kNotFound) {
      return i;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && depth > 0) {
      --depth;
    }
  }
  return kNotFound;
}

// Takes "N minutes" or "N minute".
std::optional<uint64_t> ParseMinutes(std::string_view text) {
  const auto minutes = TakeDecimal(&text);
  if (!minutes || (text != " minutes" && text != " minute")) return std::nullopt;
  return minutes;
}

// One attribute behind the status: minutes, the locked thread, or one that is kept as it stands.
void ApplyAttribute(std::string_view attribute, Goroutine* goroutine) {
  if (attribute.empty()) return;
  if (attribute == "locked to thread") {
    goroutine->locked_to_thread = true;
  } else if (const auto minutes = ParseMinutes(attribute)) {
    const uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max() / kMinuteNs);
    goroutine->wait_ns = static_cast<int64_t>(std::min(*minutes, most)) * kMinuteNs;
    goroutine->wait_is_lower_bound = true;
  } else {
    Append(&goroutine->status_flags, goroutine->status_flags.empty() ? "" : ", ", attribute);
  }
}

// Go 1.26 puts the labels inside the bracket: `running labels:{"k": "v"}`.
std::string_view TakeInnerLabels(std::string_view status, Goroutine* goroutine) {
  static constexpr std::string_view kWord = " labels:{";
  const size_t at = status.find(kWord);
  if (at == kNotFound) return status;
  std::string_view list = status.substr(at + kWord.size() - 1);
  if (auto labels = TakeLabels(&list)) goroutine->labels = *std::move(labels);
  return status.substr(0, at);
}

void ApplyBracket(std::string_view bracket, Goroutine* goroutine) {
  size_t comma = FindOutside(bracket, ",");
  ApplyStatus(TakeInnerLabels(bracket.substr(0, comma), goroutine), goroutine);
  while (comma != kNotFound) {
    bracket.remove_prefix(comma + 1);
    comma = FindOutside(bracket, ",");
    ApplyAttribute(Trim(TakeInnerLabels(bracket.substr(0, comma), goroutine)), goroutine);
  }
}

// Takes "key=0x..." off the end of `text`, where it is the last word; `key` begins with the space
// before it.
std::optional<uint64_t> TakeTail(std::string_view* text, std::string_view key) {
  const size_t at = text->rfind(' ');
  if (at == kNotFound || !text->substr(at).starts_with(key)) return std::nullopt;
  std::string_view value = text->substr(at + key.size());
  const auto number = TakeHex(&value);
  if (!number || !value.empty()) return std::nullopt;
  *text = TrimRight(text->substr(0, at));
  return number;
}

bool LooksLikeFile(std::string_view file) {
  if (file.empty()) return false;
  return file.find_first_of("/\\.") != kNotFound || file.front() == '<' || file.front() == '?' ||
         file.front() == '_';
}

}  // namespace

std::optional<Goroutine> ParseHeader(std::string_view line) {
  line = Trim(line);
  if (!TakePrefix(&line, "goroutine ")) return std::nullopt;
  const auto id = TakeDecimal(&line);
  if (!id) return std::nullopt;
  // " gp=0x1 m=0 mp=0x2" stands between the id and the bracket when the runtime throws.
  if (!line.starts_with(" [") && !line.starts_with(" gp=0x")) return std::nullopt;
  const size_t open = line.find('[');
  if (open == kNotFound) return std::nullopt;
  line.remove_prefix(open + 1);
  const size_t close = FindOutside(line, "]");
  if (close == kNotFound) return std::nullopt;
  Goroutine goroutine;
  goroutine.id = *id;
  ApplyBracket(line.substr(0, close), &goroutine);
  line = TrimLeft(line.substr(close + 1));
  if (line.starts_with('{')) {
    auto labels = TakeLabels(&line);
    if (!labels) return std::nullopt;
    goroutine.labels = *std::move(labels);
  }
  if (!line.empty() && line.front() != ':') return std::nullopt;
  // Goroutine 0 is a thread's own scheduler stack.
  if (*id == 0) goroutine.kind = Kind::kThread;
  return goroutine;
}

std::optional<Goroutine> ParseGoleakHeader(std::string_view line) {
  line = Trim(line);
  TakePrefix(&line, "[");
  if (!TakePrefix(&line, "Goroutine ")) return std::nullopt;
  const auto id = TakeDecimal(&line);
  if (!id || !TakePrefix(&line, " in state ")) return std::nullopt;
  Goroutine goroutine;
  goroutine.id = *id;
  ApplyBracket(line.substr(0, line.rfind(", with ")), &goroutine);
  return goroutine;
}

std::optional<Place> ParsePlace(std::string_view line) {
  Place place;
  line = TrimRight(line);
  const bool indented = !line.empty() && IsSpace(line.front());
  line = TrimLeft(line);
  if (line.starts_with("pc=0x")) {  // below "non-Go function"
    line.remove_prefix(3);
    const auto pc = TakeHex(&line);
    if (!pc || !line.empty()) return std::nullopt;
    place.pc = *pc;
    return place;
  }
  // Calls are asked too, and far more often than not: they end in a parenthesis.
  if (line.empty() || !IsHexDigit(line.back())) return std::nullopt;
  if (const auto pc = TakeTail(&line, " pc=")) place.pc = *pc;
  TakeTail(&line, " sp=");
  TakeTail(&line, " fp=");
  place.offset = TakeTail(&line, " +");
  const size_t colon = line.rfind(':');
  if (colon == kNotFound) return std::nullopt;
  const auto number = ParseLine(line.substr(colon + 1));
  place.file = line.substr(0, colon);
  if (!number || (!indented && !LooksLikeFile(place.file))) return std::nullopt;
  if (place.file.empty()) return std::nullopt;
  place.line = *number;
  return place;
}

std::optional<Call> ParseCall(std::string_view line) {
  line = Trim(line);
  if (line.empty() || line.back() != ')') return std::nullopt;
  // The arguments are the last group: a method's receiver has parentheses of its own.
  int depth = 0;
  for (size_t i = line.size(); i-- > 0;) {
    if (line[i] == ')') ++depth;
    if (line[i] == '(' && --depth == 0) {
      // "pkg.(*T)" is the front of a method that was wrapped.
      if (i == 0 || line[i - 1] == '.') return std::nullopt;
      return Call{line.substr(0, i), line.substr(i + 1, line.size() - i - 2)};
    }
  }
  return std::nullopt;
}

std::optional<CreatedBy> ParseCreatedBy(std::string_view line) {
  static constexpr std::string_view kIn = " in goroutine ";
  line = Trim(line);
  if (!TakePrefix(&line, "created by ")) return std::nullopt;
  CreatedBy created;
  if (const size_t at = line.rfind(kIn); at != kNotFound) {
    std::string_view number = line.substr(at + kIn.size());
    const auto id = TakeDecimal(&number);
    if (id && number.empty()) {
      created.goroutine = *id;
      line = line.substr(0, at);
    }
  }
  created.function = TrimRight(line);
  if (created.function.empty()) return std::nullopt;
  return created;
}

std::optional<uint32_t> ParseElided(std::string_view line) {
  line = Trim(line);
  if (!TakePrefix(&line, "...")) return std::nullopt;
  if (line.empty() || line.starts_with("additional frames elided")) return 1;
  const auto count = TakeDecimal(&line);
  if (!count || !line.starts_with(" frames elided")) return std::nullopt;
  return static_cast<uint32_t>(std::min<uint64_t>(*count, std::numeric_limits<uint32_t>::max()));
}

std::optional<uint64_t> ParseAncestor(std::string_view line) {
  line = Trim(line);
  if (!TakePrefix(&line, "[originating from goroutine ")) return std::nullopt;
  const auto id = TakeDecimal(&line);
  if (!id || !line.starts_with(']')) return std::nullopt;
  return id;
}

bool IsTail(std::string_view line) {
  static constexpr std::string_view kWords[] = {"exit status ", "FAIL",       "ok  ",
                                                "[recovered]",  "```",        "rip ",
                                                "exit code",    "--- FAIL: ", "=== "};
  line = Trim(line);
  for (const std::string_view word : kWords) {
    if (line.starts_with(word)) return true;
  }
  // A register: "rax    0x0", "r10 0x1", "cs 0x33", "lr 0x4".
  const std::string_view name = TakeWord(&line);
  if (name.empty() || name.size() > 6) return false;
  if (!std::all_of(name.begin(), name.end(),
                   [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'z'); })) {
    return false;
  }
  line = TrimLeft(line);
  const auto value = TakeHex(&line);
  return value && line.empty();
}

bool IsPreamble(std::string_view line) {
  static constexpr std::string_view kWords[] = {
      "fatal error: ", "panic: ",          "SIGQUIT: ", "SIGABRT: ",
      "SIGSEGV: ",     "SIGTRAP: ",        "[signal ",  "PC=0x",
      "runtime: ",     "unexpected fault", "SIGBUS: ",  "goroutine stack exceeds"};
  line = Trim(line);
  if (Contains(line, "found unexpected goroutines:")) return true;  // goleak

  return std::any_of(std::begin(kWords), std::end(kWords),
                     [&](std::string_view word) { return line.starts_with(word); });
}

}  // namespace muster::inspector::formats
