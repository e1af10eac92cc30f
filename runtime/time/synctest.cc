// The root of a bubble: starts its main goroutine, and moves its clock.
#include "muster/synctest.h"

#include <exception>

#include "muster/go.h"
#include "muster/panic.h"
#include "runtime/record/fatal.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/scheduler.h"

namespace muster::synctest {
namespace {

using sched::Bubble;

// Makes the caller, the root, show as one of the bubble's goroutines. It is not counted.
class Membership {
 public:
  Membership(sched::G* root, Bubble* bubble) : root_(root) { sched::SetBubble(root, bubble); }
  ~Membership() { sched::SetBubble(root_, nullptr); }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

 private:
  sched::G* root_;
};

void StartMain(Bubble* bubble, void (*run)(void*), void* fn) {
  muster::Go([bubble, run, fn] {
    struct AtEnd {
      Bubble* bubble;
      ~AtEnd() {
        const sched::LockGuard guard(bubble->lock);
        bubble->main_ended = true;
      }
    } const at_end{bubble};
    run(fn);
  });
}

// Until the main goroutine has ended or the clock has nowhere to go. Nothing in the bubble can run
// afterwards.
void MoveClock(Bubble* bubble) {
  for (;;) {
    AwaitIdle(bubble);
    if (bubble->main_ended) return;
    const int64_t next_ns = bubble->timers.EarliestWake();
    if (next_ns == sched::kNever) return;
    bubble->now_ns.store(next_ns, std::memory_order_relaxed);
    bubble->timers.RunExpired(next_ns);
  }
}

void ThrowIfAnyIsLeft(const Bubble* bubble) {
  if (bubble->total == 0) return;
  throw Panic(record::DescribeDeadlock(
      bubble->main_ended
          ? "deadlock: main bubble goroutine has exited but blocked goroutines remain"
          : "deadlock: all goroutines in bubble are blocked",
      bubble->id));
}

// On a thread that runs no goroutine.
void RunFromThread(void (*run)(void*), void* fn) {
  std::exception_ptr thrown;
  muster::Run([&] {
    try {
      internal::RunBubble(run, fn);
    } catch (const Panic&) {
      thrown = std::current_exception();
    }
  });
  if (thrown != nullptr) std::rethrow_exception(thrown);
}

}  // namespace

namespace internal {

void RunBubble(void (*run)(void*), void* fn) {
  if (sched::CurrentGoroutine() == nullptr) {
    RunFromThread(run, fn);
    return;
  }
  if (sched::CurrentBubble() != nullptr) {
    throw Panic("synctest.Run called from within a synctest bubble");
  }
  Bubble* const bubble = sched::NewBubble();
  const Membership membership(sched::Self(), bubble);
  StartMain(bubble, run, fn);
  MoveClock(bubble);
  ThrowIfAnyIsLeft(bubble);
  // Functions of pending timers are destroyed in goroutines of the bubble.
  bubble->timers.Clear();
  AwaitIdle(bubble);
  ThrowIfAnyIsLeft(bubble);
  sched::RetireBubble(bubble);
}

}  // namespace internal

void Wait() {
  Bubble* const bubble = sched::CurrentBubble();
  if (bubble == nullptr) throw Panic("goroutine is not in a bubble");
  AwaitOthers(bubble);
}

}  // namespace muster::synctest
