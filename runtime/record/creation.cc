#include "runtime/record/creation.h"
#include "runtime/record/tsan.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "muster/record.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/walk.h"

namespace muster::record {
namespace {

constexpr int kFullFrames = 32;
// The spawning call's own frame, and those of Go's templates where the compiler did not inline
// them.
constexpr int kSiteFrames = 5;

Level LevelFromEnvironment() {
  const char* text = std::getenv("MUSTER_RECORD");
  if (text == nullptr || *text == '\0' || std::strcmp(text, "full") == 0) return Level::kFull;
  if (std::strcmp(text, "site") == 0) return Level::kSite;
  if (std::strcmp(text, "off") == 0) return Level::kOff;
  std::fprintf(stderr, "muster: MUSTER_RECORD=%s is not off, site or full; using full\n", text);
  return Level::kFull;
}

}  // namespace

Level RecordLevel() {
  static const Level level = LevelFromEnvironment();
  return level;
}

uint32_t CaptureCreationStack() {
  const Level level = RecordLevel();
  if (level == Level::kOff) return 0;
  const tsan::IgnoreScope ignore;
  uint64_t pcs[kFullFrames];
  const int count = stack::WalkHere(pcs, level == Level::kFull ? kFullFrames : kSiteFrames, 0);
  return stack::Intern(pcs, count);
}

}  // namespace muster::record
