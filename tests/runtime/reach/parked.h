// Goroutines that are parked for the search for leaks to find, and nothing left of their making.
#ifndef TESTS_RUNTIME_REACH_PARKED_H_
#define TESTS_RUNTIME_REACH_PARKED_H_

#include <atomic>
#include <cstdint>

#include "muster/muster.h"
#include "muster/record.h"

namespace muster::testing {

// Waits until the goroutine is parked.
inline void AwaitParked(uint64_t id) {
  for (;;) {
    const record::Snapshot snapshot = record::Capture({.stacks = false});
    for (const record::Goroutine& g : snapshot.goroutines) {
      if (g.id == id && g.state == record::State::kWaiting) return;
    }
    runtime::Gosched();
  }
}

// Global, so that the closures of goroutines that stay for ever have no pointer into a stack that
// others will use after it.
inline std::atomic<uint64_t> g_told{0};

// Starts a goroutine by `start`, in a frame of its own, and returns its id once it is parked.
template <typename Start>
__attribute__((noinline)) uint64_t Parked(Start start) {
  g_told = 0;
  start([] { g_told = runtime::GoroutineId(); });
  while (g_told == 0) runtime::Gosched();
  AwaitParked(g_told);
  return g_told;
}

// Overwrites what calls that have returned left below the caller's frame, and in registers.
__attribute__((noinline)) inline void ForgetOldFrames() {
  volatile char used[16384];
  for (volatile char& c : used) c = 0;
}

}  // namespace muster::testing

#endif  // TESTS_RUNTIME_REACH_PARKED_H_
