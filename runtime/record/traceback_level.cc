#include "runtime/record/traceback_level.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "muster/debug.h"
#include "muster/panic.h"

namespace muster::record {
namespace {

struct Named {
  const char* name;
  const char* number;  // "" none
  TracebackLevel level;
};

// Each says more than the one before.
constexpr Named kLevels[] = {
    {"none", "0", {.stacks = false}},
    {"single", "", {}},
    {"all", "1", {.others = true}},
    {"system", "2", {.others = true, .system = true}},
    {"crash", "", {.others = true, .system = true, .crash = true}},
};
constexpr int kSingle = 1;
constexpr int kUnknown = -1;

std::atomic<int> g_level{kSingle};
// What the environment has asked for; no less is ever said.
std::atomic<int> g_least{kSingle};

int IndexOf(std::string_view text) {
  if (text.empty()) return kSingle;
  for (int i = 0; i < static_cast<int>(std::size(kLevels)); ++i) {
    if (text == kLevels[i].name || text == kLevels[i].number) return i;
  }
  return kUnknown;
}

}  // namespace

bool ParseTracebackLevel(std::string_view text, TracebackLevel* level) {
  const int index = IndexOf(text);
  if (index == kUnknown) return false;
  *level = kLevels[index].level;
  return true;
}

void ReadTracebackLevel() {
  const char* text = std::getenv("MUSTER_TRACEBACK");
  if (text == nullptr) return;
  const int index = IndexOf(text);
  if (index == kUnknown) {
    std::fprintf(stderr,
                 "muster: MUSTER_TRACEBACK=%s is none of none, single, all, system and crash; "
                 "ignored\n",
                 text);
    return;
  }
  g_least.store(index, std::memory_order_relaxed);
  // Whatever SetTraceback has said before the first goroutine stands, if it is more.
  if (g_level.load(std::memory_order_relaxed) == kSingle ||
      g_level.load(std::memory_order_relaxed) < index) {
    g_level.store(index, std::memory_order_relaxed);
  }
}

const TracebackLevel& Level() { return kLevels[g_level.load(std::memory_order_relaxed)].level; }

}  // namespace muster::record

namespace muster::debug {

void SetTraceback(std::string_view level) {
  const int index = record::IndexOf(level);
  if (index == record::kUnknown) {
    throw Panic(absl::StrCat("debug.SetTraceback: \"", std::string(level),
                             "\" is none of none, single, all, system and crash"));
  }
  if (index < record::g_least.load(std::memory_order_relaxed)) return;
  record::g_level.store(index, std::memory_order_relaxed);
}

}  // namespace muster::debug
