#include "runtime/record/traceback_level.h"

#include <cstdio>
#include <cstdlib>

namespace muster::record {
namespace {

TracebackLevel g_level;

}  // namespace

bool ParseTracebackLevel(std::string_view text, TracebackLevel* level) {
  if (text == "none" || text == "0") {
    *level = {.stacks = false};
  } else if (text.empty() || text == "single") {
    *level = {};
  } else if (text == "all" || text == "1") {
    *level = {.others = true};
  } else if (text == "system" || text == "2") {
    *level = {.others = true, .system = true};
  } else if (text == "crash") {
    *level = {.others = true, .system = true, .crash = true};
  } else {
    return false;
  }
  return true;
}

void ReadTracebackLevel() {
  const char* text = std::getenv("MUSTER_TRACEBACK");
  if (text == nullptr || ParseTracebackLevel(text, &g_level)) return;
  std::fprintf(stderr,
               "muster: MUSTER_TRACEBACK=%s is none of none, single, all, system and crash; "
               "ignored\n",
               text);
}

const TracebackLevel& Level() { return g_level; }

}  // namespace muster::record
