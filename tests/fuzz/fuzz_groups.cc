// Any bytes to ReadGroups, in small bites and pieces: it must come to an end, and count nothing
// that is not there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "muster/inspector/groups.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using muster::inspector::GroupedDump;
  constexpr size_t kBite = 61;
  size_t at = 0;
  const auto more = [&](char* buffer, size_t room) -> absl::StatusOr<size_t> {
    const size_t count = std::min({room, kBite, size - at});
    std::memcpy(buffer, data + at, count);
    at += count;
    return count;
  };
  const auto dump = muster::inspector::ReadGroups(more, "fuzz", {.piece = 256});
  if (!dump.ok()) return 0;
  for (const auto& group : dump->groups) {
    if (group.count == 0 || group.ids.size() > group.count) std::abort();
  }
  std::ostringstream out;
  muster::inspector::WriteGrouped(*dump, out);
  muster::inspector::WriteGroupsJson(*dump, out);
  return 0;
}
