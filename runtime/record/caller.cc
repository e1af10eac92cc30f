#include "muster/caller.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "muster/debug.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "runtime/record/frame_name.h"
#include "runtime/record/traceback.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/walk.h"

namespace muster::runtime {
namespace {

// "file:line" of a name that has one.
void SplitPlace(const record::FrameName& name, std::string* file, int* line) {
  if (!name.has_line) return;
  const char* const colon = std::strrchr(name.place, ':');
  file->assign(name.place, static_cast<size_t>(colon - name.place));
  *line = std::atoi(colon + 1);
}

// The calling goroutine, from the frame of whoever calls the caller of this.
void WriteOwn(record::ErrorWriter& out, const uint64_t* pcs, int count) {
  record::WriteGoroutineRunning(out, sched::CurrentGoroutine(), pcs, static_cast<size_t>(count));
}

void WriteOthers(record::ErrorWriter& out) {
  const uint64_t self = GoroutineId();
  const record::Snapshot snapshot = record::Capture();
  for (const record::Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.kind == record::Kind::kThread || goroutine.id == self) continue;
    out << "\n";
    record::WriteGoroutine(out, goroutine, snapshot.monotonic_ns);
  }
}

std::string Written(const uint64_t* pcs, int count, bool all) {
  const tsan::IgnoreScope ignore;
  std::string text;
  {
    record::ErrorWriter out(&text);
    WriteOwn(out, pcs, count);
    if (all) WriteOthers(out);
  }
  return text;
}

}  // namespace

// Not inlined, as the functions below: each counts as one frame.
__attribute__((noinline)) int Callers(int skip, std::span<uintptr_t> pcs) {
  const tsan::IgnoreScope ignore;
  uint64_t walked[record::kMaxFrames];
  const int room = static_cast<int>(std::min<size_t>(pcs.size(), record::kMaxFrames));
  // WalkHere begins in this function.
  const int count = stack::WalkHere(walked, room, std::max(skip, 0));
  std::copy_n(walked, count, pcs.begin());
  return count;
}

std::pair<Frame, bool> Frames::Next() {
  if (next_ == pcs_.size()) return {};
  const tsan::IgnoreScope ignore;
  Frame frame;
  frame.pc = pcs_[next_++];
  record::FrameName name;
  record::NameOf(frame.pc, &name, record::Modules::kOrdinary);
  frame.function = name.function;
  SplitPlace(name, &frame.file, &frame.line);
  return {std::move(frame), next_ < pcs_.size()};
}

__attribute__((noinline)) CallSite Caller(int skip) {
  const tsan::IgnoreScope ignore;
  uint64_t pc = 0;
  CallSite site;
  if (skip < 0 || stack::WalkHere(&pc, 1, skip + 1) != 1) return site;
  record::FrameName name;
  record::NameOf(pc, &name, record::Modules::kOrdinary);
  site.pc = pc;
  site.ok = true;
  SplitPlace(name, &site.file, &site.line);
  return site;
}

__attribute__((noinline)) std::string Stack(bool all) {
  uint64_t pcs[record::kMaxFrames];
  const int count = stack::WalkHere(pcs, record::kMaxFrames, 1);
  return Written(pcs, count, all);
}

__attribute__((noinline)) size_t Stack(std::span<char> buf, bool all) {
  uint64_t pcs[record::kMaxFrames];
  const int count = stack::WalkHere(pcs, record::kMaxFrames, 1);
  const std::string text = Written(pcs, count, all);
  return text.copy(buf.data(), buf.size());
}

}  // namespace muster::runtime

namespace muster::debug {

__attribute__((noinline)) std::string Stack() {
  uint64_t pcs[record::kMaxFrames];
  const int count = stack::WalkHere(pcs, record::kMaxFrames, 1);
  return runtime::Written(pcs, count, false);
}

__attribute__((noinline)) void PrintStack() {
  const tsan::IgnoreScope ignore;
  uint64_t pcs[record::kMaxFrames];
  const int count = stack::WalkHere(pcs, record::kMaxFrames, 1);
  record::ErrorWriter out;
  runtime::WriteOwn(out, pcs, count);
}

}  // namespace muster::debug
