#include "runtime/record/witness.h"

#include <atomic>
#include <string>

#include "muster/record.h"
#include "runtime/record/death.h"
#include "runtime/record/traceback.h"
#include "runtime/record/traceback_level.h"
#include "runtime/record/tsan.h"
#include "runtime/record/who_waits.h"
#include "runtime/sched/futex.h"
#include "runtime/sched/scheduler.h"

namespace muster::record {
namespace {

// How long the monitor may take for a walk, and from one goroutine that it prints to the next (the
// first use of debug information takes seconds), before it is given up.
constexpr int64_t kWalkPatience = 1'000'000'000;
constexpr int64_t kPrintPatience = 20'000'000'000;

struct Walk {
  stack::Registers registers;
  uintptr_t hi;
  int count;
  uint64_t pcs[kMaxFrames];
};

// One question at a time: the asker is the one thread that reports. It fills the question, then
// sets g_asked; the monitor answers, then sets g_asked to kNothing (a release that the asker's
// acquire pairs with). A question that was given up is never answered, and no other one is asked.
enum : uint32_t { kNothing, kWalk, kPrint, kGivenUp };
std::atomic<uint32_t> g_asked{kNothing};
Walk g_walk;
uint64_t g_but = 0;
std::atomic<uint64_t> g_printed{0};
// The monitor's thread; 0 until it runs.
std::atomic<int32_t> g_witness{0};

struct Quit {
  uintptr_t pc;
  int64_t m;
  int code;
};
Quit g_quit;
enum : uint32_t { kNoQuit, kQuitFilling, kQuitAsked };
std::atomic<uint32_t> g_quit_asked{kNoQuit};

bool Ask(uint32_t what, int64_t patience) {
  if (g_witness.load(std::memory_order_relaxed) == CallingThread()) return false;
  if (g_asked.load(std::memory_order_relaxed) != kNothing) return false;
  g_asked.store(what, std::memory_order_seq_cst);
  sched::NudgeMonitor();
  uint64_t printed = 0;
  int64_t until = sched::NowNanos() + patience;
  for (;;) {
    uint32_t state = g_asked.load(std::memory_order_acquire);
    if (state == kNothing) return true;
    const uint64_t now_printed = g_printed.load(std::memory_order_relaxed);
    const int64_t now = sched::NowNanos();
    if (now_printed != printed) {
      printed = now_printed;
      until = now + patience;
    }
    if (now >= until) {
      return !g_asked.compare_exchange_strong(state, kGivenUp, std::memory_order_acq_rel);
    }
    sched::futex::Wait(&g_asked, state, until - now);
  }
}

void Answer(uint32_t asked) {
  if (g_asked.compare_exchange_strong(asked, kNothing, std::memory_order_release)) {
    sched::futex::Wake(&g_asked, 1);
  }
}

// All goroutines but one, each with an empty line before it.
void Print(uint64_t but) {
  const tsan::IgnoreScope ignore;
  const Snapshot snapshot = Capture({.include_system = Level().system});
  bool but_seen = false;
  for (const Goroutine& goroutine : snapshot.goroutines) {
    but_seen = but_seen || goroutine.id == but;
    if (goroutine.kind == Kind::kThread || goroutine.id == but) continue;
    {
      ErrorWriter out;
      out << "\n";
      WriteGoroutine(out, goroutine, snapshot.monotonic_ns);
    }
    g_printed.fetch_add(1, std::memory_order_relaxed);
  }
  // After the goroutines, whose readers expect them to follow the head of the report.
  if (but == 0) {
    std::string sentences;
    {
      ErrorWriter out(&sentences);
      for (const Goroutine& goroutine : snapshot.goroutines) {
        WriteHolderAwaited(out, snapshot, goroutine);
      }
    }
    if (!sentences.empty()) ErrorWriter() << "\n" << sentences;
  }
  // The one that has been shown already hardly ever can be seen: it is in a signal handler.
  const uint64_t seen = snapshot.captured + (but != 0 && !but_seen ? 1 : 0);
  if (snapshot.live > seen) {
    ErrorWriter() << "\nmuster: " << snapshot.live - seen
                  << " running goroutines could not be interrupted and are missing\n";
  }
}

void QuitUnlessDying() {
  if (!TryBeginReport()) return;
  FlushStandardOutput();
  {
    ErrorWriter out;
    out << "SIGQUIT: quit\n";
    WriteSignalPlace(out, g_quit.pc, g_quit.m, g_quit.code);
  }
  if (Level().stacks) Print(0);
  EndProcess();
}

}  // namespace

int WalkInterrupted(const stack::Registers& registers, uintptr_t hi, uint64_t* pcs, int max) {
  g_walk.registers = registers;
  g_walk.hi = hi;
  g_walk.count = 0;
  if (Ask(kWalk, kWalkPatience) && g_walk.count > 0) {
    const int count = g_walk.count < max ? g_walk.count : max;
    for (int i = 0; i < count; ++i) pcs[i] = g_walk.pcs[i];
    return count;
  }
  if (hi == 0) {
    pcs[0] = registers.pc;
    return 1;
  }
  return stack::WalkFramePointers(registers.pc - 1, registers.sp, registers.rbp, hi, pcs, max);
}

void PrintOthers(uint64_t but) {
  g_but = but;
  if (!Ask(kPrint, kPrintPatience)) {
    ErrorWriter() << "\nmuster: the other goroutines are not shown: the monitor thread does not "
                     "answer\n";
  }
}

bool AskToQuit(uintptr_t pc, int64_t m, int code) {
  uint32_t none = kNoQuit;
  if (!g_quit_asked.compare_exchange_strong(none, kQuitFilling)) return false;
  g_quit = {pc, m, code};
  g_quit_asked.store(kQuitAsked, std::memory_order_seq_cst);
  sched::NudgeMonitor();
  return true;
}

void BecomeWitness() { g_witness.store(CallingThread(), std::memory_order_relaxed); }

bool WitnessWanted() {
  const uint32_t asked = g_asked.load(std::memory_order_seq_cst);
  return asked == kWalk || asked == kPrint ||
         g_quit_asked.load(std::memory_order_seq_cst) == kQuitAsked;
}

void ServeAsWitness() {
  const uint32_t asked = g_asked.load(std::memory_order_acquire);
  if (asked == kWalk) {
    const tsan::IgnoreScope ignore;
    g_walk.count =
        stack::WalkRegisters(g_walk.registers, g_walk.registers.sp,
                             g_walk.hi != 0 ? g_walk.hi : UINTPTR_MAX, g_walk.pcs, kMaxFrames);
    Answer(kWalk);
  } else if (asked == kPrint) {
    Print(g_but);
    Answer(kPrint);
  } else if (g_quit_asked.load(std::memory_order_acquire) == kQuitAsked) {
    QuitUnlessDying();
    g_quit_asked.store(kNoQuit, std::memory_order_relaxed);
  }
}

}  // namespace muster::record
