#include "tools/muster-stress/hang.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace muster::stress {
namespace {

constexpr std::string_view kMark = "SIGQUIT: quit\n";
constexpr std::string_view kGoroutine = "goroutine ";

// Who can go on without another goroutine.
bool CanGoOn(std::string_view reason) {
  static constexpr std::string_view kAwake[] = {"running", "runnable", "sleep", "IO wait",
                                                "syscall"};
  return std::find(std::begin(kAwake), std::end(kAwake), reason) != std::end(kAwake);
}

// The number that `text` begins with.
std::optional<uint64_t> Number(std::string_view text) {
  uint64_t number = 0;
  size_t at = 0;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) {
    number = number * 10 + static_cast<uint64_t>(text[at] - '0');
  }
  return at > 0 ? std::optional(number) : std::nullopt;
}

// "goroutine 7 [chan receive, 2 minutes]:" has the reason "chan receive"; "" for other lines.
std::string_view ReasonIn(std::string_view line) {
  const size_t open = line.find(" [");
  if (!line.starts_with(kGoroutine) || !line.ends_with(':') || open == std::string_view::npos) {
    return {};
  }
  line = line.substr(open + 2);
  return line.substr(0, line.find_first_of(",]"));
}

// "goroutine 2 waits for sync.Mutex 0x1, which goroutine 3 holds (taken in f)".
std::optional<std::pair<uint64_t, uint64_t>> HolderAwaited(std::string_view line) {
  constexpr std::string_view kWhich = ", which goroutine ";
  const size_t which = line.find(kWhich);
  if (!line.starts_with(kGoroutine) || line.find(" waits for ") == std::string_view::npos ||
      which == std::string_view::npos) {
    return std::nullopt;
  }
  const auto waiter = Number(line.substr(kGoroutine.size()));
  const auto holder = Number(line.substr(which + kWhich.size()));
  if (!waiter || !holder) return std::nullopt;
  return std::pair(*waiter, *holder);
}

// Each has one wait at most, so whoever is reached twice is in a cycle. The members, in order.
std::vector<uint64_t> FindCycle(const std::map<uint64_t, uint64_t>& awaited) {
  for (const auto& [start, unused] : awaited) {
    std::vector<uint64_t> way{start};
    for (auto at = awaited.find(start); at != awaited.end(); at = awaited.find(at->second)) {
      const auto seen = std::find(way.begin(), way.end(), at->second);
      if (seen != way.end()) return {seen, way.end()};
      way.push_back(at->second);
    }
  }
  return {};
}

std::string Verdict(std::string_view dump) {
  std::map<std::string, int> waiting;
  std::map<uint64_t, uint64_t> awaited;
  int awake = 0;
  int all = 0;
  for (const std::string_view line : Lines(dump)) {
    if (const std::string_view reason = ReasonIn(line); !reason.empty()) {
      ++all;
      if (CanGoOn(reason)) {
        ++awake;
      } else {
        ++waiting[std::string(reason)];
      }
    }
    if (const auto edge = HolderAwaited(line)) awaited[edge->first] = edge->second;
  }
  std::string counts;
  for (const auto& [reason, count] : waiting) {
    counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " in " + reason;
  }
  const std::vector<uint64_t> cycle = FindCycle(awaited);
  if (!cycle.empty()) {
    std::string members;
    for (const uint64_t id : cycle) {
      members +=
          (members.empty() ? "" : ", which waits for ") + ("goroutine " + std::to_string(id));
    }
    return "deadlock: " + members +
           (cycle.size() == 1 ? " waits for itself" : ", which waits for the first") +
           "; waiting: " + counts;
  }
  if (all > 0 && awake == 0) {
    return "every goroutine waits, and only a timer or a thread could wake one: " + counts;
  }
  return "no deadlock seen: " + std::to_string(awake) + " of " + std::to_string(all) +
         " goroutines could go on" + (counts.empty() ? "" : "; waiting: " + counts);
}

}  // namespace

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string WithoutNumbers(std::string_view line) {
  std::string result;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i, 2) == "0x") {
      i += 2;
      while (i < line.size() && std::isxdigit(static_cast<unsigned char>(line[i])) != 0) ++i;
      result += "0x";
      --i;
    } else if (line.substr(i, 10) == "goroutine ") {
      result += "goroutine #";
      i += 10;
      while (i < line.size() && std::isdigit(static_cast<unsigned char>(line[i])) != 0) ++i;
      --i;
    } else {
      result += line[i];
    }
  }
  return result;
}

std::string PlacesKey(std::string_view dump) {
  std::set<std::string> places;
  for (const std::string_view line : Lines(dump)) {
    if (!line.empty() && line[0] == '\t') places.insert(WithoutNumbers(line));
  }
  std::string key;
  for (const std::string& place : places) key.append(place).append("\n");
  return key;
}

Hang JudgeHang(std::string_view output) {
  const std::string how = "did not end in time and was killed";
  const size_t mark = output.rfind(kMark);
  if (mark == std::string_view::npos) return {.verdict = how, .dump = "", .key = ""};
  const std::string_view dump = output.substr(mark);
  return {.verdict = "did not end in time; " + Verdict(dump),
          .dump = std::string(dump),
          .key = PlacesKey(dump)};
}

}  // namespace muster::stress
