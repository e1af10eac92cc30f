#include "runtime/sched/switch.h"

#include "runtime/record/observe.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/asan.h"
#include "runtime/sched/context.h"

namespace muster::sched {
namespace {

// What Arrive does for the goroutine that has just left, now that its context is saved and its
// stack unused. The state must be set before the primitive's lock is released: a waker that gets
// the lock may ready the goroutine at once.
void CarryOutDeparture(M* m, G* g) {
  switch (g->departure) {
    case Departure::kNone:
      break;
    case Departure::kPark: {
      const UnlockFn unlock = g->unlock;
      void* const arg = g->unlock_arg;
      // Release: publishes the context and the wait record.
      g->state.store(record::State::kWaiting, std::memory_order_release);
      // `g` may run, and even end, from here on.
      if (unlock != nullptr) unlock(arg);
      break;
    }
    case Departure::kYield:
      g->state.store(record::State::kRunnable, std::memory_order_release);
      EnqueueYielded(m, g);
      break;
    case Departure::kRequeue:
      g->state.store(record::State::kRunnable, std::memory_order_release);
      EnqueueGlobal(g);
      break;
    case Departure::kExit: {
      const auto after = g->has_extras ? g->after_exit : nullptr;
      void* const arg = after != nullptr ? g->after_exit_arg : nullptr;
      FreeG(m, g);
      if (after != nullptr) after(arg);
      break;
    }
  }
}

// The first thing on a stack that has been switched to. `self` is whose stack it is. The M is the
// one that the other side left on: a switch changes the goroutine, never the thread.
void Arrive(Switched from, G* self) {
  M* const m = static_cast<M*>(from.data);
  G* const left = m->leaving;
  left->context = from.context;
  asan::FinishSwitch(self->asan_fake_stack);
  *m->exception_globals = self->exceptions;
  *m->errno_location = self->saved_errno;
  CarryOutDeparture(m, left);
}

std::atomic<uint32_t> g_entry_frame_size{0};  // always set to the same

void NoteEntryFrame(const G* g, uintptr_t sp) {
  if (__builtin_expect(g_entry_frame_size.load(std::memory_order_relaxed) != 0, 1)) return;
  g_entry_frame_size.store(static_cast<uint32_t>(g->stack_hi - sp), std::memory_order_relaxed);
}

// Every goroutine's stack ends in this function. The return address is marked undefined, so that
// unwinders (C++ exceptions', libunwind's, gdb's) stop here rather than read what is above. An
// exception that nobody catches is thus found to be uncaught while its frames are still there.
__attribute__((noinline, section("muster_goroutine_entry"))) void GoroutineEntry(Switched from) {
#if defined(__x86_64__)
  __asm__ volatile(".cfi_undefined rip");
#elif defined(__aarch64__)
  __asm__ volatile(".cfi_undefined x30");
#endif
  G* const g = CurrentM()->current.load(std::memory_order_relaxed);
  g->exceptions = ExceptionGlobals{};
  g->saved_errno = 0;
  Arrive(from, g);
#if defined(__x86_64__)
  uintptr_t sp = 0;
  __asm__("movq %%rsp, %0" : "=r"(sp));
  NoteEntryFrame(g, sp);
#endif
  if (g->has_extras && g->start_sync != nullptr) tsan::Acquire(g->start_sync);
  record::Observe(&hooks::Observers::on_start, g->id);
  g->run(g->closure);
  ExitGoroutine(g);
}

}  // namespace

size_t EntryFrameSize() { return g_entry_frame_size.load(std::memory_order_relaxed); }

void ExitGoroutine(G* g) {
  record::Observe(&hooks::Observers::on_exit, g->id);
  if (g->has_extras && g->bubble != nullptr) tsan::Release(g->bubble);
  M* m = CurrentM();
  G* next = nullptr;
  if (g->locked_m != nullptr) {
    m->ending = true;  // the thread goes with it
    m->locked_g = nullptr;
  } else {
    next = FindDirect(m, Ticks());
  }
  LeaveForNext(m, g, next, Departure::kExit);
  __builtin_unreachable();
}

void Leave(M* m, G* from, G* to) {
  from->exceptions = *m->exception_globals;
  from->saved_errno = *m->errno_location;
  m->leaving = from;
  asan::StartSwitch(from->departure == Departure::kExit ? nullptr : &from->asan_fake_stack,
                    reinterpret_cast<void*>(to->stack_lo), to->stack_hi - to->stack_lo);
  tsan::SwitchTo(to->tsan_fiber);
  Arrive(SwitchContext(to->context, m), from);
}

void LeaveForNext(M* m, G* g, G* next, Departure departure) {
  g->departure = departure;
  G* to = next;
  if (next == nullptr) {
    m->current.store(nullptr, std::memory_order_relaxed);
    to = &m->g0;
  } else {
    Adopt(m, next);
  }
  // At one place: goroutines that wait alike are to have the same return addresses.
  Leave(m, g, to);
}

void PrepareStack(G* g, uintptr_t stack_top) {
  g->stack_hi = stack_top & ~uintptr_t{15};
  g->context = MakeContext(g->stack_hi, &GoroutineEntry);
}

extern "C" const char __start_muster_goroutine_entry[] __attribute__((visibility("hidden")));
extern "C" const char __stop_muster_goroutine_entry[] __attribute__((visibility("hidden")));

bool IsGoroutineEntry(uintptr_t pc) {
  return pc >= reinterpret_cast<uintptr_t>(__start_muster_goroutine_entry) &&
         pc <= reinterpret_cast<uintptr_t>(__stop_muster_goroutine_entry);
}

}  // namespace muster::sched
