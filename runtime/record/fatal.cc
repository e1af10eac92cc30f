#include "runtime/record/fatal.h"
#include "runtime/record/tsan.h"

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <typeinfo>

#include "muster/record.h"
#include "runtime/record/observe.h"
#include "runtime/record/traceback.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/overflow.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/walk.h"

extern "C" __attribute__((weak)) void muster_inspector_start();

namespace muster::record {
namespace {

std::terminate_handler g_previous_terminate = nullptr;

// One report per process: a second thread that dies meanwhile waits for the first one's exit.
void BeTheOnlyOne() {
  static std::atomic<int32_t> reporter{0};
  static thread_local bool is_reporter = false;
  int32_t none = 0;
  if (reporter.compare_exchange_strong(none, 1)) {
    is_reporter = true;
    return;
  }
  if (is_reporter) _exit(2);  // the report itself failed
  for (;;) pause();
}

// What the program had printed so far comes before the report, unless a thread died printing.
void FlushStandardOutput() {
  if (ftrylockfile(stdout) != 0) return;
  fflush_unlocked(stdout);
  funlockfile(stdout);
}

void DescribeException(ErrorWriter& out, char* what, size_t size) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) {
    std::snprintf(what, size, "std::terminate called without an exception");
    out << "panic: " << what << "\n";
    return;
  }
  int status = 0;
  char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  try {
    throw;
  } catch (const std::exception& e) {
    std::snprintf(what, size, "%s: %s", name != nullptr ? name : type->name(), e.what());
  } catch (...) {
    std::snprintf(what, size, "an exception of type %s", name != nullptr ? name : type->name());
  }
  std::free(name);
  out << "panic: " << what << "\n";
}

void WriteCurrent(ErrorWriter& out) {
  const tsan::IgnoreScope ignore;
  uint64_t pcs[kMaxFrames];
  const int count = stack::WalkHere(pcs, kMaxFrames, 0);
  const sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr) {
    out << "thread " << static_cast<uint64_t>(gettid()) << " [running]:\n";
    WriteFrames(out, pcs, static_cast<size_t>(count));
    return;
  }
  out << "goroutine " << g->id << " [running]:\n";
  WriteFrames(out, pcs, static_cast<size_t>(count));
  const std::vector<uint64_t> creation = stack::Lookup(g->creation_stack);
  WriteCreation(out, creation.data(), creation.size(), g->parent_id);
}

// An exception that no frame of a goroutine catches: its stack is still there.
[[noreturn]] void OnTerminate() {
  const sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr) {
    // A foreign thread's: none of ours.
    if (g_previous_terminate != nullptr) g_previous_terminate();
    std::abort();
  }
  BeTheOnlyOne();
  FlushStandardOutput();
  char what[512];
  {
    ErrorWriter out;
    DescribeException(out, what, sizeof(what));
    out << "\n";
    WriteCurrent(out);
  }
  Observe(&hooks::Observers::on_panic, g->id, static_cast<const char*>(what));
  _exit(2);
}

const Object* FindObject(const Snapshot& snapshot, uint64_t address) {
  const auto at = std::lower_bound(
      snapshot.objects.begin(), snapshot.objects.end(), address,
      [](const Object& object, uint64_t wanted) { return object.address < wanted; });
  return at != snapshot.objects.end() && at->address == address ? &*at : nullptr;
}

// "goroutine 7", or "thread 345" for a foreign thread.
void WriteWho(ErrorWriter& out, const Snapshot& snapshot, uint64_t id) {
  // Threads are few, and stand behind the goroutines.
  for (auto at = snapshot.goroutines.rbegin();
       id >= kFirstThreadId && at != snapshot.goroutines.rend(); ++at) {
    if (at->id == id) {
      out << "thread " << static_cast<uint64_t>(at->tid);
      return;
    }
  }
  out << "goroutine " << id;
}

// One sentence for a goroutine whose wait has a known other side.
void WriteWhoWaits(ErrorWriter& out, const Snapshot& snapshot, const Goroutine& goroutine) {
  if (goroutine.waits.size() != 1 || goroutine.waits[0].object == 0) return;
  const Object* object = FindObject(snapshot, goroutine.waits[0].object);
  if (object == nullptr) return;
  if (object->owner_id != 0) {
    WriteWho(out, snapshot, goroutine.id);
    out << " waits for " << ToString(object->kind) << " ";
    out.Hex(object->address) << ", which ";
    WriteWho(out, snapshot, object->owner_id);
    out << " holds";
    if (object->acquired_at != 0) {
      out << " (taken in ";
      WritePlace(out, object->acquired_at);
      out << ")";
    }
    out << "\n";
  } else if (object->kind == ObjectKind::kChan) {
    const bool sends = goroutine.waits[0].direction == Direction::kSend;
    WriteWho(out, snapshot, goroutine.id);
    out << " waits to " << (sends ? "send on" : "receive from") << " chan ";
    out.Hex(object->address) << " (made by ";
    WriteWho(out, snapshot, object->creator_id);
    out << ", " << object->length << " of " << object->capacity
        << " buffered); no goroutine is left to " << (sends ? "receive" : "send or close") << "\n";
  } else if (object->kind == ObjectKind::kWaitGroup) {
    WriteWho(out, snapshot, goroutine.id);
    out << " waits for sync.WaitGroup ";
    out.Hex(object->address) << ", whose counter is " << static_cast<uint64_t>(object->counter)
                             << "; no goroutine is left to call Done\n";
  }
}

void ReportDeadlock() {
  const tsan::IgnoreScope ignore;
  const Snapshot snapshot = Capture();
  ErrorWriter out;
  out << "fatal error: all goroutines are asleep - deadlock!\n\n";
  bool any = false;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    WriteWhoWaits(out, snapshot, goroutine);
    any = any || !goroutine.waits.empty();
  }
  if (any) out << "\n";
  bool first = true;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.kind == Kind::kThread) continue;
    if (!first) out << "\n";
    first = false;
    WriteGoroutine(out, goroutine, snapshot.monotonic_ns);
  }
}

}  // namespace

void Fatal(const char* text) {
  BeTheOnlyOne();
  {
    ErrorWriter out;
    out << "fatal error: " << text << "\n\n";
    WriteCurrent(out);
  }
  _exit(2);
}

void DieWithStack(const char* text, const sched::G* g, const uint64_t* pcs, int count) {
  BeTheOnlyOne();
  {
    ErrorWriter out;
    const TracebackOptions options = {.signal_safe = true, .all_frames = false};
    out << text << "\n\ngoroutine " << g->id << " [running]:\n";
    WriteFrames(out, pcs, static_cast<size_t>(count), options);
    uint64_t creation[kMaxFrames];
    const int creation_count = stack::LookupInto(g->creation_stack, creation, kMaxFrames);
    WriteCreation(out, creation, static_cast<size_t>(creation_count), g->parent_id, options);
  }
  _exit(2);
}

void DieOfDeadlock() {
  BeTheOnlyOne();
  FlushStandardOutput();
  ReportDeadlock();
  _exit(2);
}

void InstallFatalHandlers() {
  g_previous_terminate = std::set_terminate(&OnTerminate);
  stack::InstallOverflowHandler();
}

void NotifyRuntimeStarted() {
  if (&muster_inspector_start != nullptr) muster_inspector_start();
}

}  // namespace muster::record
