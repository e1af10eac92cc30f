#include "runtime/record/traceback.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "runtime/record/death.h"
#include "runtime/record/frame_name.h"
#include "runtime/record/traceback_level.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/walk.h"

namespace muster::record {
namespace {

bool StartsWith(const char* text, const char* prefix) {
  return std::strncmp(text, prefix, std::strlen(prefix)) == 0;
}

// Frames that every goroutine has and nobody looks for. Some names are too much for the demangler
// that fatal reports can use.
bool IsRuntime(const char* function) {
  for (const char* prefix :
       {"muster::", "void muster::", "_ZN6muster", "jump_fcontext", "muster_switch_context",
        "std::terminate", "std::rethrow_exception", "__cxa_throw", "__cxa_rethrow",
        "__cxa_call_terminate", "__clang_call_terminate", "__cxxabiv1::", "__gnu_cxx::", "_Unwind_",
        "__interceptor_"}) {
    if (StartsWith(function, prefix)) return true;
  }
  return false;
}

// The outermost frame of every goroutine's own code. Compilers like to inline that code into it,
// which only debug information could tell apart.
bool IsClosureFrame(const char* function) {
  return std::strstr(function, "muster::internal::RunClosure") != nullptr ||
         StartsWith(function, "_ZN6muster8internal10RunClosure");
}

void WriteFrame(ErrorWriter& out, const FrameName& name) {
  out << name.function;
  // Not "(anonymous namespace)::F": it has parentheses, but none for arguments.
  if (!std::string_view(name.function).ends_with(')')) out << "(...)";
  out << "\n\t" << name.place << "\n";
}

size_t FirstUserFrame(const uint64_t* pcs, size_t count) {
  FrameName name;
  for (size_t i = 0; i < count; ++i) {
    NameOf(pcs[i], &name);
    if (!IsRuntime(name.function) || IsClosureFrame(name.function)) return i;
  }
  return count;
}

}  // namespace

ErrorWriter& ErrorWriter::operator<<(std::string_view text) {
  while (!text.empty()) {
    if (used_ == sizeof(buffer_)) Flush();
    const size_t part = std::min(text.size(), sizeof(buffer_) - used_);
    std::memcpy(buffer_ + used_, text.data(), part);
    used_ += part;
    text.remove_prefix(part);
  }
  return *this;
}

ErrorWriter& ErrorWriter::operator<<(uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof(digits), "%llu", static_cast<unsigned long long>(number));
  return *this << digits;
}

ErrorWriter& ErrorWriter::Hex(uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof(digits), "0x%llx", static_cast<unsigned long long>(number));
  return *this << digits;
}

void ErrorWriter::Flush() {
  if (into_ != nullptr) {
    into_->append(buffer_, used_);
    used_ = 0;
    return;
  }
  size_t written = 0;
  while (written < used_) {
    const ssize_t n = write(STDERR_FILENO, buffer_ + written, used_ - written);
    if (n <= 0) break;
    written += static_cast<size_t>(n);
  }
  used_ = 0;
}

void WriteFrames(ErrorWriter& out, const uint64_t* pcs, size_t count, Modules modules) {
  FrameName name;
  bool last_shown = false;
  size_t shown = 0;
  for (size_t i = 0; i < count; ++i) {
    NameOf(pcs[i], &name, modules);
    // The closure's frame stands for the user's code that was inlined into it, unless that is
    // there.
    const bool show = Level().system || !IsRuntime(name.function) ||
                      (IsClosureFrame(name.function) && !last_shown);
    if (show) WriteFrame(out, name);
    last_shown = show;
    shown += show ? 1 : 0;
  }
  for (size_t i = 0; shown == 0 && i < count; ++i) {
    NameOf(pcs[i], &name, modules);
    WriteFrame(out, name);
  }
  if (count == kMaxFrames) out << "...additional frames elided...\n";
}

void WriteCreation(ErrorWriter& out, const uint64_t* pcs, size_t count, uint64_t parent_id) {
  if (count == 0) return;
  const size_t first = FirstUserFrame(pcs, count);
  if (first == count) return;
  FrameName name;
  NameOf(pcs[first], &name);
  out << "created by " << name.function;
  if (parent_id != 0) out << " in goroutine " << parent_id;
  out << "\n\t" << name.place << "\n";
  if (first + 1 < count && parent_id != 0) {
    out << "[originating from goroutine " << parent_id << "]:\n";
    WriteFrames(out, pcs + first, count - first);
  }
}

void WriteGoroutine(ErrorWriter& out, const Goroutine& goroutine, int64_t now_ns) {
  out << "goroutine " << goroutine.id << " [";
  out << (goroutine.reason != WaitReason::kNone ? ToString(goroutine.reason)
                                                : ToString(goroutine.state));
  if (goroutine.durable) out << " (durable)";
  const int64_t minutes =
      goroutine.wait_since_ns == 0 ? 0 : (now_ns - goroutine.wait_since_ns) / 60'000'000'000;
  if (minutes >= 1) out << ", " << static_cast<uint64_t>(minutes) << " minutes";
  if (goroutine.locked_to_thread) out << ", locked to thread";
  if (goroutine.bubble != 0) out << ", synctest bubble " << uint64_t{goroutine.bubble};
  out << "]:\n";
  if (goroutine.stack.empty()) {
    out << "\tgoroutine running on other thread; stack unavailable\n";
  } else {
    WriteFrames(out, goroutine.stack.data(), goroutine.stack.size());
  }
  WriteCreation(out, goroutine.creation_stack.data(), goroutine.creation_stack.size(),
                goroutine.parent_id);
}

void WriteRunning(ErrorWriter& out, const sched::G* g, const uint64_t* pcs, size_t count) {
  if (!Level().stacks) return;
  out << "\n";
  WriteGoroutineRunning(out, g, pcs, count);
}

void WriteGoroutineRunning(ErrorWriter& out, const sched::G* g, const uint64_t* pcs, size_t count) {
  if (g == nullptr) {
    out << "thread " << static_cast<uint64_t>(CallingThread()) << " [running]:\n";
    WriteFrames(out, pcs, count);
    return;
  }
  out << "goroutine " << g->id << " [running";
  if (g->lock_count > 0) out << ", locked to thread";
  out << "]:\n";
  WriteFrames(out, pcs, count);
  uint64_t creation[kMaxFrames];
  const int creation_count = stack::LookupInto(g->creation_stack, creation, kMaxFrames);
  WriteCreation(out, creation, static_cast<size_t>(creation_count), g->parent_id);
}

void WriteCurrent(ErrorWriter& out) {
  const tsan::IgnoreScope ignore;
  uint64_t pcs[kMaxFrames];
  const int count = stack::WalkHere(pcs, kMaxFrames, 0);
  WriteRunning(out, sched::CurrentGoroutine(), pcs, static_cast<size_t>(count));
}

void WriteSignalPlace(ErrorWriter& out, uintptr_t pc, int64_t m, int code) {
  out << "PC=";
  out.Hex(pc) << " m=";
  if (m < 0) out << "-";
  out << static_cast<uint64_t>(m < 0 ? -m : m) << " sigcode=";
  if (code < 0) out << "-";
  out << static_cast<uint64_t>(code < 0 ? -int64_t{code} : code) << "\n";
}

void WritePlace(ErrorWriter& out, uint64_t pc) {
  FrameName name;
  NameOf(pc, &name);
  out << name.function << " at " << name.place;
}

}  // namespace muster::record
