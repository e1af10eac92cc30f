#include "muster/inspector/filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>
#include <unordered_set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "inspector/analysis/words.h"

namespace muster::inspector {
namespace {

using Condition = Filter::Condition;
using Key = Filter::Key;
using Relation = Filter::Relation;

struct KeyName {
  Key key;
  std::string_view name;
};
constexpr std::array<KeyName, 9> kKeys = {{{Key::kState, "state"},
                                           {Key::kLabel, "label"},
                                           {Key::kFunction, "function"},
                                           {Key::kFile, "file"},
                                           {Key::kCreator, "creator"},
                                           {Key::kObject, "object"},
                                           {Key::kId, "id"},
                                           {Key::kAge, "age"},
                                           {Key::kWait, "wait"}}};

absl::Status Mistake(std::string_view condition, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      std::string(condition), ": ", std::string(what),
      "; write state=, label=, function=, file=, creator=, object= or id= and a text, or age> or "
      "wait> and a duration such as 90s or 5m"));
}

std::optional<uint64_t> ParseNumber(std::string_view text, int base) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, base);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

bool IsDuration(Key key) { return key == Key::kAge || key == Key::kWait; }

// Reads what stands behind the sign.
absl::Status ParseValue(std::string_view whole, Condition* condition) {
  const std::string_view text = condition->text;
  if (IsDuration(condition->key) != (condition->relation != Relation::kIs)) {
    return Mistake(whole, IsDuration(condition->key) ? "a length of time is compared by > or <"
                                                     : "this is compared by =");
  }
  if (text.empty()) return Mistake(whole, "nothing stands behind the sign");
  std::optional<uint64_t> number;
  switch (condition->key) {
    case Key::kAge:
    case Key::kWait: {
      absl::Duration length;
      if (!absl::ParseDuration(condition->text, &length)) {
        return Mistake(whole, "this is no duration");
      }
      condition->ns = absl::ToInt64Nanoseconds(length);
      return absl::OkStatus();
    }
    case Key::kObject:
      number = ParseNumber(text.starts_with("0x") ? text.substr(2) : text, 16);
      if (!number) return Mistake(whole, "this is no hexadecimal address");
      break;
    case Key::kId:
      number = ParseNumber(text, 10);
      if (!number) return Mistake(whole, "this is no number");
      break;
    case Key::kCreator:
      number = ParseNumber(text, 10);
      break;
    default:
      break;
  }
  condition->number = number.value_or(0);
  return absl::OkStatus();
}

absl::Status Add(std::string_view text, std::vector<Condition>* conditions) {
  const size_t sign = text.find_first_of("=<>");
  const std::string_view name = text.substr(0, sign);
  const auto known = std::find_if(kKeys.begin(), kKeys.end(),
                                  [name](const KeyName& key) { return key.name == name; });
  if (sign == std::string_view::npos) return Mistake(text, "this has no =, > or <");
  if (known == kKeys.end()) return Mistake(text, "there is no such key");
  Condition condition;
  condition.key = known->key;
  condition.relation = text[sign] == '>'   ? Relation::kMore
                       : text[sign] == '<' ? Relation::kLess
                                           : Relation::kIs;
  condition.text = std::string(text.substr(sign + 1));
  if (absl::Status read = ParseValue(text, &condition); !read.ok()) return read;
  conditions->push_back(std::move(condition));
  return absl::OkStatus();
}

bool HasLabel(const Goroutine& goroutine, std::string_view wanted) {
  const size_t equals = wanted.find('=');
  return std::any_of(goroutine.labels.begin(), goroutine.labels.end(), [&](const auto& label) {
    if (equals == std::string_view::npos) return label.first == wanted;
    return label.first == wanted.substr(0, equals) && label.second == wanted.substr(equals + 1);
  });
}

// `owner` is the goroutine that holds the object for itself alone, 0 when nobody does.
bool Concerns(const Goroutine& goroutine, uint64_t object, uint64_t owner) {
  const auto is_it = [object](const auto& one) { return one.object == object; };
  return (owner != 0 && owner == goroutine.id) ||
         std::any_of(goroutine.waits.begin(), goroutine.waits.end(), is_it) ||
         std::any_of(goroutine.held.begin(), goroutine.held.end(), is_it);
}

bool Compare(std::optional<int64_t> ns, const Condition& condition) {
  if (!ns.has_value()) return false;
  return condition.relation == Relation::kMore ? *ns > condition.ns : *ns < condition.ns;
}

}  // namespace

absl::Status Filter::With(std::string_view condition) { return Add(condition, &with_); }
absl::Status Filter::Without(std::string_view condition) { return Add(condition, &without_); }

bool FilterOn::Keeps(const Goroutine& goroutine) const {
  for (const Condition& condition : filter_.without()) {
    if (Meets(condition, goroutine)) return false;
  }
  // Of the conditions of each key one must be met.
  for (const auto& [key, name] : kKeys) {
    bool asked = false;
    bool met = false;
    for (const Condition& condition : filter_.with()) {
      if (condition.key != key) continue;
      asked = true;
      met = met || Meets(condition, goroutine);
    }
    if (asked && !met) return false;
  }
  return true;
}

bool FilterOn::Meets(const Condition& condition, const Goroutine& goroutine) const {
  switch (condition.key) {
    case Key::kState:
      return goroutine.status().starts_with(condition.text) ||
             condition.text == record::ToString(goroutine.state);
    case Key::kLabel:
      return HasLabel(goroutine, condition.text);
    case Key::kFunction:
    case Key::kFile:
      return OnStack(condition, goroutine.stack);
    case Key::kCreator:
      if (condition.number != 0) return goroutine.parent_id == condition.number;
      return OnStack(condition, goroutine.creation_stack);
    case Key::kObject:
      return condition.number != 0 &&
             Concerns(goroutine, condition.number, OwnerOf(condition.number));
    case Key::kId:
      return condition.number != 0 && goroutine.id == condition.number;
    case Key::kAge:
      return Compare(goroutine.age_ns == 0 ? std::nullopt : std::make_optional(goroutine.age_ns),
                     condition);
    case Key::kWait:
      return Compare(goroutine.wait_ns, condition);
  }
  return false;
}

uint64_t FilterOn::OwnerOf(uint64_t object) const {
  const auto [it, fresh] = owners_.try_emplace(object, 0);
  if (fresh) {
    if (const Resource* resource = snapshot_.FindResource(object)) it->second = resource->owner_id;
  }
  return it->second;
}

bool FilterOn::OnStack(const Condition& condition, StackId stack) const {
  if (stack >= snapshot_.stacks.size()) return false;
  constexpr int8_t kUnknown = -1;
  std::vector<int8_t>& known = known_[&condition];
  if (known.empty()) known.assign(snapshot_.stacks.size(), kUnknown);
  if (known[stack] == kUnknown) {
    const auto& frames = snapshot_.stacks[stack].frames;
    known[stack] = std::any_of(frames.begin(), frames.end(), [&](FrameId id) {
      const Frame& frame = snapshot_.frames[id];
      if (condition.key == Key::kFile) return absl::StrContains(frame.file, condition.text);
      // People type what they see, which is short; programs what the symbol says.
      return absl::StrContains(frame.function, condition.text) ||
             absl::StrContains(analysis::DisplayName(frame), condition.text);
    });
  }
  return known[stack] == 1;
}

void ApplyFilter(const Filter& filter, Snapshot* snapshot) {
  if (filter.empty()) return;
  // Go's dumps say nowhere how many there are: what was read is what there is.
  snapshot->live = std::max(snapshot->live, snapshot->total());
  const FilterOn on(filter, *snapshot);
  std::erase_if(snapshot->goroutines,
                [&](const Goroutine& goroutine) { return !on.Keeps(goroutine); });
}

void KeepFindings(const Filter& filter, const Snapshot& snapshot, std::vector<Finding>* findings) {
  if (filter.empty()) return;
  const FilterOn on(filter, snapshot);
  std::unordered_set<uint64_t> kept;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.id != 0 && on.Keeps(goroutine)) kept.insert(goroutine.id);
  }
  std::erase_if(*findings, [&](const Finding& finding) {
    // Grouped dumps have no ids, and nothing to tell by.
    if (finding.goroutines.empty()) return false;
    return std::none_of(finding.goroutines.begin(), finding.goroutines.end(),
                        [&](uint64_t id) { return kept.contains(id); });
  });
}

}  // namespace muster::inspector
