// MUSTER_SEED: a number that perturbs the schedule, reproducibly enough to look for races with.
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {

constinit uint64_t g_schedule_seed = 0;

void ReadScheduleSeed() {
  const char* text = std::getenv("MUSTER_SEED");
  if (text == nullptr || *text == '\0') return;
  if (!absl::SimpleAtoi(text, &g_schedule_seed)) {
    g_schedule_seed = 0;
    std::fprintf(stderr, "muster: MUSTER_SEED=%s is not a number; ignored\n", text);
  }
}

}  // namespace muster::sched
