// Sleep: the goroutine itself is what the timer heap keeps.
#include "muster/time.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"
#include "runtime/time/clock.h"
#include "runtime/time/timer.h"

namespace muster::time {
namespace {

struct Sleeper {
  sched::G* g;
  int64_t when_ns;
};

// Called when the sleeper has left its stack. Once it is in the heap it may run again, and its
// frame be gone, at any moment.
void Start(void* arg) {
  const Sleeper sleeper = *static_cast<Sleeper*>(arg);
  sched::StartSleep(sleeper.g, sleeper.when_ns);
}

// On the caller's clock: its bubble's, or CLOCK_MONOTONIC.
int64_t ClockNow() {
  const sched::Bubble* const bubble = sched::CurrentBubble();
  return __builtin_expect(bubble == nullptr, 1) ? internal::FastNow()
                                                : bubble->now_ns.load(std::memory_order_relaxed);
}

}  // namespace

void Sleep(absl::Duration d) {
  if (d <= absl::ZeroDuration()) return;
  Sleeper sleeper{sched::Self(), internal::DueAfter(d, ClockNow())};
  sched::Park({.reason = record::WaitReason::kSleep,
               .kind = record::ObjectKind::kTimer,
               .durable = true,
               .object = &sleeper},
              &Start, &sleeper);
}

}  // namespace muster::time
