// What the block, mutex and goroutinecreate profiles count. All are off by default; then each place
// that counts is one relaxed load and a predicted branch, on paths that park, wake a waiter or
// spawn.
//
// The three knobs are set by anyone at any time, and events under way may be counted by the old
// setting or the new one; so all accesses are relaxed.
#ifndef MUSTER_RECORD_CONTENTION_H_
#define MUSTER_RECORD_CONTENTION_H_

#include <atomic>
#include <cstdint>

#include "muster/record.h"

namespace muster::record {

extern std::atomic<int64_t> g_block_rate_ns;  // 0: off
extern std::atomic<int> g_mutex_fraction;     // 0: off
extern std::atomic<bool> g_counting_creations;

inline bool ProfilesBlocking() {
  return __builtin_expect(g_block_rate_ns.load(std::memory_order_relaxed) != 0, 0);
}
inline bool ProfilesMutexes() {
  return __builtin_expect(g_mutex_fraction.load(std::memory_order_relaxed) != 0, 0);
}
inline bool CountsCreations() {
  return __builtin_expect(g_counting_creations.load(std::memory_order_relaxed), 0);
}

// Whether waits of that kind are in the block profile: those that end by what another goroutine
// does.
bool IsBlocking(WaitReason reason);

// The caller has been blocked for so long and goes on.
void NoteBlocked(int64_t ns);

// The caller ends the waits of `waiters` for a lock, which have lasted for `ns` together. Call it
// with no lock held.
void NoteContention(int waiters, int64_t ns);

// A goroutine was created at that stack.
void NoteCreation(uint32_t stack_id);

}  // namespace muster::record

#endif  // MUSTER_RECORD_CONTENTION_H_
