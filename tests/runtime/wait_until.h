// Waits, without sleeping, until goroutines have reached a state that the record shows.
//
// A test that says "once the receiver is parked" calls one of these: it takes the roll call again
// and again and lets the others run in between. They never give up by themselves: a state that is
// never reached is a failed test by CTest's own time limit.
#ifndef MUSTER_TESTS_RUNTIME_WAIT_UNTIL_H_
#define MUSTER_TESTS_RUNTIME_WAIT_UNTIL_H_

#include <cstdint>

#include "muster/record.h"
#include "muster/runtime.h"

namespace muster::testing {

// WaitUntil calls `condition(snapshot)` on fresh captures until it says true.
template <typename Condition>
void WaitUntil(Condition condition) {
  for (;;) {
    record::CaptureOptions options;
    options.stacks = false;
    if (condition(record::Capture(options))) return;
    runtime::Gosched();
  }
}

inline bool IsParked(const record::Goroutine& goroutine, record::WaitReason reason) {
  return goroutine.state == record::State::kWaiting && goroutine.reason == reason;
}

// How many goroutines and foreign threads wait on `object` for `reason`; a select counts when one
// of its cases names the object.
inline int CountParkedOn(const record::Snapshot& snapshot, const void* object,
                         record::WaitReason reason) {
  int count = 0;
  for (const record::Goroutine& goroutine : snapshot.goroutines) {
    if (!IsParked(goroutine, reason)) continue;
    for (const record::Wait& wait : goroutine.waits) {
      if (wait.object == reinterpret_cast<uint64_t>(object)) {
        ++count;
        break;
      }
    }
  }
  return count;
}

// Until the goroutine or thread `id` waits for `reason`.
inline void WaitUntilParked(uint64_t id, record::WaitReason reason) {
  WaitUntil([&](const record::Snapshot& snapshot) {
    for (const record::Goroutine& goroutine : snapshot.goroutines) {
      if (goroutine.id == id) return IsParked(goroutine, reason);
    }
    return false;
  });
}

// Until at least `count` goroutines or threads wait on `object` (a channel's `ref().get()`, a
// mutex's address, ...) for `reason`.
inline void WaitUntilParkedOn(const void* object, record::WaitReason reason, int count = 1) {
  WaitUntil([&](const record::Snapshot& snapshot) {
    return CountParkedOn(snapshot, object, reason) >= count;
  });
}

// Until at least `count` goroutines or threads of the whole process wait for `reason`. Earlier
// tests of the same process may have left some behind: prefer an id or an object.
inline void WaitUntilCountParked(int count, record::WaitReason reason) {
  WaitUntil([&](const record::Snapshot& snapshot) {
    int parked = 0;
    for (const record::Goroutine& goroutine : snapshot.goroutines) {
      parked += IsParked(goroutine, reason) ? 1 : 0;
    }
    return parked >= count;
  });
}

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_WAIT_UNTIL_H_
