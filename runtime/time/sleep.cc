// Sleep: the goroutine itself is what the timer heap keeps.
#include "muster/time.h"
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

}  // namespace

void Sleep(absl::Duration d) {
  if (d <= absl::ZeroDuration()) return;
  Sleeper sleeper{sched::Self(), internal::DueAfter(d)};
  sched::Park({.reason = record::WaitReason::kSleep,
               .kind = record::ObjectKind::kTimer,
               .object = &sleeper},
              &Start, &sleeper);
}

}  // namespace muster::time
