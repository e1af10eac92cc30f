// Run: a foreign thread becomes the caller of a main goroutine.
#include <atomic>
#include <cstdlib>

#include "muster/go.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/thread.h"

namespace muster::internal {
namespace {

// Lives in the frame of the thread that calls Run.
struct MainCall {
  void (*run)(void*) = nullptr;
  void* closure = nullptr;
  sched::Lock lock;
  bool returned = false;  // the main goroutine has, rather than ended by Goexit
  bool done = false;
  sched::G* waiter = nullptr;
};

// The main goroutine is gone: wake the thread that called Run. If it has ended by Goexit, the
// others go on, and Run never returns, as in Go.
void Finish(void* arg) {
  auto* call = static_cast<MainCall*>(arg);
  if (!call->returned) return;
  call->lock.Acquire();
  call->done = true;
  sched::G* waiter = call->waiter;
  call->lock.Release();
  if (waiter != nullptr) sched::Ready(waiter);
}

void RunMain(void* arg) {
  auto* call = static_cast<MainCall*>(arg);
  call->run(call->closure);
  call->returned = true;
  tsan::Release(call);
}

// The last handler registered runs first: after the first Run, goroutines stop before the
// destructors of statics that exist by then.
void FreezeBeforeStaticDestructors() {
  static std::atomic<bool> registered{false};
  if (!registered.exchange(true)) std::atexit([] { sched::Freeze(); });
}

}  // namespace

void RunMainGoroutine(const NewGoroutine& fresh, void (*run)(void*)) {
  if (sched::CurrentM() != nullptr) {
    AbandonGoroutine(fresh);
    throw Panic("muster::Run called in a goroutine; call the function, or use muster::Go");
  }
  MainCall call;
  call.run = run;
  call.closure = fresh.storage;
  sched::G* self = sched::Self();
  auto* main = static_cast<sched::G*>(fresh.goroutine);
  main->has_extras = true;
  main->after_exit = &Finish;
  main->after_exit_arg = &call;
  StartGoroutineWith(fresh, &RunMain, &call, __builtin_return_address(0));
  call.lock.Acquire();
  if (!call.done) {
    call.waiter = self;
    sched::Park({.reason = record::WaitReason::kRunMain}, &sched::UnlockLock, &call.lock);
  } else {
    call.lock.Release();
  }
  tsan::Acquire(&call);
  FreezeBeforeStaticDestructors();
}

}  // namespace muster::internal
