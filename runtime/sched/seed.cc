// MUSTER_SEED: a number that perturbs the schedule, reproducibly enough to look for races with.
#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "runtime/sched/scheduler.h"

namespace muster::sched {

uint64_t ScheduleSeed() {
  static const uint64_t seed = [] {
    const char* text = std::getenv("MUSTER_SEED");
    uint64_t value = 0;
    if (text != nullptr && *text != '\0' && !absl::SimpleAtoi(text, &value)) {
      std::fprintf(stderr, "muster: MUSTER_SEED=%s is not a number; ignored\n", text);
    }
    return value;
  }();
  return seed;
}

}  // namespace muster::sched
