// The names of the model's enumerations in JSON and in pprof labels. They are part of those forms.
#ifndef MUSTER_INSPECTOR_FORMATS_NAMES_H_
#define MUSTER_INSPECTOR_FORMATS_NAMES_H_

#include <array>
#include <cstddef>
#include <string_view>

#include "muster/inspector/model.h"

namespace muster::inspector::formats {

// In the order of the enumerators.
inline constexpr std::array<std::string_view, 6> kStateNames = {"idle",    "runnable", "running",
                                                                "waiting", "syscall",  "dead"};
inline constexpr std::array<std::string_view, 3> kKindNames = {"goroutine", "thread", "system"};
inline constexpr std::array<std::string_view, 10> kObjectKindNames = {
    "none", "chan", "mutex", "rwmutex", "waitgroup", "cond", "once", "timer", "fd", "semaphore"};
inline constexpr std::array<std::string_view, 5> kDirectionNames = {"none", "send", "receive",
                                                                    "read", "write"};

constexpr const auto& NamesOf(State) { return kStateNames; }
constexpr const auto& NamesOf(Kind) { return kKindNames; }
constexpr const auto& NamesOf(ObjectKind) { return kObjectKindNames; }
constexpr const auto& NamesOf(Direction) { return kDirectionNames; }

static_assert(static_cast<size_t>(State::kDead) + 1 == kStateNames.size());
static_assert(static_cast<size_t>(Kind::kSystem) + 1 == kKindNames.size());
static_assert(static_cast<size_t>(ObjectKind::kSemaphore) + 1 == kObjectKindNames.size());
static_assert(static_cast<size_t>(Direction::kWrite) + 1 == kDirectionNames.size());

template <typename Enum>
std::string_view NameOf(Enum value) {
  const auto& names = NamesOf(value);
  const auto index = static_cast<size_t>(value);
  return index < names.size() ? names[index] : names[0];
}

template <typename Enum>
bool FromName(std::string_view name, Enum* out) {
  const auto& names = NamesOf(Enum{});
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] != name) continue;
    *out = static_cast<Enum>(i);
    return true;
  }
  return false;
}

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_NAMES_H_
