#include "runtime/time/fast_clock.h"

#include <atomic>

#include "runtime/sched/schedule.h"
#include "runtime/sched/ticks.h"

namespace muster::time::internal {
namespace {

constexpr int64_t kLifeNs = 1'000'000;       // how long an anchor is used
constexpr int64_t kLongestNs = 100'000'000;  // between two anchors that give a rate
constexpr int64_t kPrecision = 1024;
constexpr double kMargin = 1.0 / 512;

// The anchor, under a sequence lock: the version is odd while it is being written, and a reader
// that saw it change has read nothing. All fields relaxed; the version orders them.
std::atomic<uint32_t> g_version{0};
std::atomic<int64_t> g_ticks{0};
std::atomic<int64_t> g_nanos{0};
std::atomic<int64_t> g_life_ticks{0};  // 0: its rate is not to be used
std::atomic<double> g_nanos_per_tick{0};
// What the readings of the anchor took, in ticks. Of the writer.
std::atomic<int64_t> g_reading{0};

// Whether a rate may be used, given the one before it. A machine that was suspended, or moved to
// another host, may have stopped one clock and not the other; that spoils one rate.
bool Agree(double rate, double previous) {
  return rate < previous * (1 + kMargin) && previous < rate * (1 + kMargin);
}

// Reads both clocks, makes that the anchor if the last one is old enough, and returns the time.
__attribute__((noinline)) int64_t DropAnchor() {
  const int64_t ticks = sched::Ticks();
  const int64_t nanos = sched::NowNanos();
  const int64_t reading = sched::Ticks() - ticks;
  // Acquire pairs with the last writer's release: what is read below is at least as new.
  uint32_t version = g_version.load(std::memory_order_acquire);
  const int64_t passed = nanos - g_nanos.load(std::memory_order_relaxed);
  // Who fails leaves it to another. Acquire, as above.
  if (passed < kLifeNs || (version & 1) != 0 ||
      !g_version.compare_exchange_strong(version, version + 1, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
    return nanos;
  }
  // A reader that sees any of the stores below sees the odd version too: this pairs with its fence.
  std::atomic_thread_fence(std::memory_order_release);
  const int64_t passed_ticks = ticks - g_ticks.load(std::memory_order_relaxed);
  int64_t life_ticks = 0;
  if (passed <= kLongestNs && passed_ticks > 0) {
    const double rate = static_cast<double>(passed) / static_cast<double>(passed_ticks);
    const auto life = static_cast<int64_t>(static_cast<double>(kLifeNs) / rate);
    if (reading * kPrecision <= life &&
        g_reading.load(std::memory_order_relaxed) * kPrecision <= life &&
        Agree(rate, g_nanos_per_tick.load(std::memory_order_relaxed))) {
      life_ticks = life;
    }
    g_nanos_per_tick.store(rate, std::memory_order_relaxed);
  }
  g_ticks.store(ticks, std::memory_order_relaxed);
  g_nanos.store(nanos, std::memory_order_relaxed);
  g_reading.store(reading, std::memory_order_relaxed);
  g_life_ticks.store(life_ticks, std::memory_order_relaxed);
  g_version.store(version + 2, std::memory_order_release);
  return nanos;
}

}  // namespace

int64_t FastNow() {
  if (__builtin_expect(sched::g_schedule != nullptr, 0)) return sched::g_schedule_ns;
  if (!sched::g_counter_is_steady) return sched::NowNanos();
  // Acquire pairs with the writer's last release.
  const uint32_t version = g_version.load(std::memory_order_acquire);
  const int64_t since = sched::Ticks() - g_ticks.load(std::memory_order_relaxed);
  const int64_t life = g_life_ticks.load(std::memory_order_relaxed);
  const double rate = g_nanos_per_tick.load(std::memory_order_relaxed);
  const int64_t nanos = g_nanos.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  const bool whole = (version & 1) == 0 && g_version.load(std::memory_order_relaxed) == version;
  if (__builtin_expect(whole && since >= 0 && since < life, 1)) {
    return nanos + static_cast<int64_t>(static_cast<double>(since) * rate * (1 + kMargin)) + 1;
  }
  return DropAnchor();
}

}  // namespace muster::time::internal
