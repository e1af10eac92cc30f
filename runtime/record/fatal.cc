#include "runtime/record/fatal.h"

#include "muster/record.h"
#include "runtime/record/death.h"
#include "runtime/record/fault.h"
#include "runtime/record/panic_report.h"
#include "runtime/record/quit.h"
#include "runtime/record/traceback.h"
#include "runtime/record/traceback_level.h"
#include "runtime/record/tsan.h"
#include "runtime/record/who_waits.h"
#include "runtime/record/witness.h"
#include "runtime/sched/scheduler.h"

extern "C" __attribute__((weak)) void muster_inspector_start();

namespace muster::record {
namespace {

// One sentence for a goroutine whose wait has a known other side.
void WriteWhoWaits(ErrorWriter& out, const Snapshot& snapshot, const Goroutine& goroutine) {
  if (WriteHolderAwaited(out, snapshot, goroutine)) return;
  if (goroutine.waits.size() != 1 || goroutine.waits[0].object == 0) return;
  const Object* object = FindObject(snapshot, goroutine.waits[0].object);
  if (object == nullptr) return;
  if (object->kind == ObjectKind::kChan) {
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
  } else if (object->kind == ObjectKind::kSemaphore) {
    WriteWho(out, snapshot, goroutine.id);
    out << " waits for semaphore.Weighted ";
    out.Hex(object->address) << " (made by ";
    WriteWho(out, snapshot, object->creator_id);
    out << "), of which " << object->length << " of " << object->capacity << " are held";
    if (object->last_holder_id != 0) {
      out << " (last acquired by ";
      WriteWho(out, snapshot, object->last_holder_id);
      out << " in ";
      WritePlace(out, object->acquired_at);
      out << ")";
    }
    out << "; no goroutine is left to release\n";
  }
}

// All goroutines have ended, but not the call of Run: its goroutine has called Goexit.
bool MainIsGone(const Snapshot& snapshot) {
  bool in_run = false;
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.kind != Kind::kThread) return false;
    in_run = in_run || g.reason == WaitReason::kRunMain;
  }
  return in_run;
}

// Who waits for whom, and every goroutine that waits: of one synctest bubble, or all for 0.
void WriteWaiting(ErrorWriter& out, const Snapshot& snapshot, uint32_t bubble) {
  const auto concerned = [bubble](const Goroutine& goroutine) {
    return bubble == 0 ||
           (goroutine.bubble == bubble && goroutine.reason != WaitReason::kSynctestRun &&
            goroutine.state == State::kWaiting);
  };
  bool any = false;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (!concerned(goroutine)) continue;
    WriteWhoWaits(out, snapshot, goroutine);
    any = any || !goroutine.waits.empty();
  }
  if (any) out << "\n";
  bool first = true;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.kind == Kind::kThread || !concerned(goroutine)) continue;
    if (!first) out << "\n";
    first = false;
    WriteGoroutine(out, goroutine, snapshot.monotonic_ns);
  }
}

void ReportDeadlock() {
  const tsan::IgnoreScope ignore;
  const Snapshot snapshot = Capture({.include_system = Level().system});
  ErrorWriter out;
  if (MainIsGone(snapshot)) {
    out << "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n";
    return;
  }
  out << "fatal error: all goroutines are asleep - deadlock!\n";
  if (!Level().stacks) return;
  out << "\n";
  WriteWaiting(out, snapshot, 0);
}

uint64_t CurrentId() {
  const sched::G* g = sched::CurrentGoroutine();
  return g == nullptr ? 0 : g->id;
}

}  // namespace

void Fatal(const char* text) {
  BeginReport();
  {
    ErrorWriter out;
    out << "fatal error: " << text << "\n";
    WriteCurrent(out);
  }
  if (Level().others) PrintOthers(CurrentId());
  EndProcess();
}

void DieOfDeadlock() {
  BeginReport();
  FlushStandardOutput();
  ReportDeadlock();
  EndProcess();
}

std::string DescribeDeadlock(const char* words, uint32_t bubble) {
  const tsan::IgnoreScope ignore;
  const Snapshot snapshot = Capture();
  std::string text;
  {
    ErrorWriter out(&text);
    out << words << "\n\n";
    WriteWaiting(out, snapshot, bubble);
  }
  return text;
}

void InstallFatalHandlers() {
  ReadTracebackLevel();
  InstallTerminateHandler();
  InstallFaultHandlers();
  InstallQuitHandler();
}

void NotifyRuntimeStarted() {
  if (&muster_inspector_start != nullptr) muster_inspector_start();
}

}  // namespace muster::record
