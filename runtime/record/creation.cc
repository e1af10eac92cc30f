#include "runtime/record/creation.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "muster/record.h"
#include "runtime/record/tsan.h"
#include "runtime/stack/frame_trust.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/unwind_walker.h"
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

__attribute__((noinline)) uint32_t CaptureStack() {
  const Level level = RecordLevel();
  if (level == Level::kOff) return 0;
  uint64_t pcs[kFullFrames];
  const int max = level == Level::kFull ? kFullFrames : kSiteFrames;
  // Nearly every goroutine is started where another one was started before, by code that keeps
  // frame pointers: then its stack is known, and found without a call of libunwind.
  const auto base = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const stack::Chain chain = stack::WalkOwnChain(base, pcs, max);
  if (chain.whole) {
    const uint32_t known = stack::FindTrusted(pcs, chain.count, chain.hash.value());
    if (__builtin_expect(known != 0, 1)) return known;
  }
  const tsan::IgnoreScope ignore;
  const int count = stack::WalkHere(pcs, max, 1);
  // Only on a goroutine's stack does such a walk see everything. Without libunwind (under valgrind,
  // too) there is nothing better, nor ever will be.
  const bool trusted = chain.count > 0 && (stack::TrustOfAll(pcs, count) == stack::Trust::kKept ||
                                           (chain.whole && !muster_unwind_available()));
  return stack::Intern(pcs, count, trusted);
}

}  // namespace muster::record
