#include "runtime/sched/ticks.h"

#include <time.h>

#include <cstdio>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "runtime/record/tsan.h"

namespace muster::sched {

constinit bool g_counter_is_steady = false;

namespace {

// The kernel watches the counter and stops using it when CPUs disagree.
bool KernelTrustsCounter() {
  FILE* file = std::fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
  if (file == nullptr) return true;  // no /sys: the CPU's word has to do
  char name[64] = "";
  const bool read = std::fgets(name, sizeof(name), file) != nullptr;
  std::fclose(file);
  name[std::strcspn(name, "\n")] = '\0';
  // The last two are the counter too, as hypervisors offer it.
  return !read || std::strcmp(name, "tsc") == 0 || std::strcmp(name, "kvm-clock") == 0 ||
         std::strcmp(name, "hyperv_clocksource_tsc_page") == 0;
}

bool CounterIsSteady() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kPowerLeaf = 0x80000007;  // bit 8 of EDX: the counter is invariant
  if (__get_cpuid(kPowerLeaf, &a, &b, &c, &d) == 0 || (d & (1U << 8)) == 0) return false;
  return KernelTrustsCounter();
#else
  return false;
#endif
}

struct Moment {
  int64_t ticks;
  int64_t nanos;
};

// Both clocks at one moment: the closest of a few tries, since the thread may be interrupted
// between them.
Moment Now() {
  constexpr int kTries = 5;
  Moment best{};
  int64_t least = INT64_MAX;
  for (int i = 0; i < kTries; ++i) {
    const int64_t before = Ticks();
    const int64_t nanos = NowNanos();
    const int64_t apart = Ticks() - before;
    if (apart < least) {
      least = apart;
      best = {before + apart / 2, nanos};
    }
  }
  return best;
}

Moment g_start;

// Earlier than any static constructor that might start a goroutine.
__attribute__((constructor(101))) void ChooseClock() {
  g_counter_is_steady = CounterIsSteady();
  g_start = Now();
}

double NanosPerTick(const Moment& now) {
  if (!g_counter_is_steady || now.ticks <= g_start.ticks) return 1;
  return static_cast<double>(now.nanos - g_start.nanos) /
         static_cast<double>(now.ticks - g_start.ticks);
}

}  // namespace

int64_t NowNanos() {
  // TSan's interceptor would record a write to this stack, which may be a scheduler's that fires
  // timers under other identities.
  const tsan::IgnoreScope ignore;
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

TickScale::TickScale() {
  const Moment now = Now();
  ticks_ = now.ticks;
  nanos_ = now.nanos;
  nanos_per_tick_ = NanosPerTick(now);
}

int64_t TicksOf(int64_t nanos) {
  return static_cast<int64_t>(static_cast<double>(nanos) / NanosPerTick(Now()));
}

}  // namespace muster::sched
