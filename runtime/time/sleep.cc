// Sleep: a timer in the sleeper's own frame.
#include "muster/time.h"
#include "runtime/sched/park.h"
#include "runtime/time/clock.h"
#include "runtime/time/timer.h"

namespace muster::time {

void Sleep(absl::Duration d) {
  if (d <= absl::ZeroDuration()) return;
  sched::Timer timer;
  timer.when_ns = internal::DueAfter(d);
  timer.arg = sched::Self();
  timer.fixed = true;
  timer.fire = [](sched::Timer* due, int64_t) { sched::Ready(static_cast<sched::G*>(due->arg)); };
  // The timer is started when the sleeper has left its stack, so it cannot fire before that. From
  // then on frame and timer may be gone at any moment.
  sched::Park(
      {.reason = record::WaitReason::kSleep, .kind = record::ObjectKind::kTimer, .object = &timer},
      [](void* started) { sched::StartTimer(static_cast<sched::Timer*>(started)); }, &timer);
}

}  // namespace muster::time
