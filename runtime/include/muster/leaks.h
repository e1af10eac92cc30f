// Leaks that are proven: goroutines that nothing can ever wake.
//
// A goroutine that waits on a channel or a lock can be woken only by code that gets hold of that
// object. So if no pointer to it can be found by going from pointer to pointer, beginning at what
// can run (the stacks and registers of all threads, the goroutines that can go on, global
// variables), then it waits for ever. This is the method of A. Saioc et al., "Dynamic Partial
// Deadlock Detection and Recovery via Garbage Collection" (ASPLOS 2025), on which Go's
// goroutineleak profile is built, with conservative marking in place of a garbage collector's
// types: any word that could be a pointer counts as one, so an integer that looks like an address
// can hide a leak, but none is invented.
//
// What a conservative marker cannot see would make a proof wrong: pointers that are stored encoded
// (XOR lists, compressed or tagged in their high bits), that were written to a file, a pipe or a
// device, that only the kernel keeps (epoll_data, sigev_value, io_uring's user_data), or that
// another process keeps. A program that hands over its channels in such a way has to keep a plain
// pointer as well.
//
// An old word on a stack, in a register or in a part of a block that is not in use any more can
// hide a leak, until something else is written there. What one search has proven stays true for
// ever, so several may be added up.
#ifndef MUSTER_LEAKS_H_
#define MUSTER_LEAKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace muster::runtime {

struct LeakOptions {
  // How long the marking may take. It is done in a copy of the process, beside it.
  absl::Duration time_limit = absl::Seconds(30);
};

struct CouldWake {
  uint64_t waiter = 0;
  std::vector<uint64_t> others;  // ascending
};

struct LeakReport {
  // The ids of goroutines that can never run again, ascending.
  std::vector<uint64_t> goroutines;
  // The ids of those beside them that are deadlocked, ascending: they can go on only if somebody
  // unlocks a lock for the goroutine that holds it (or completes its Once), which Go and Muster
  // allow but hardly anybody does. Nothing that can run leads to what they wait on, or the lock's
  // holder is one of them itself. A lock whose holder is a foreign thread, or has ended, counts as
  // one that anybody might unlock.
  std::vector<uint64_t> deadlocked;
  // For those of `deadlocked` that wait on something else than a lock: which others of them have a
  // way to it, and so might wake it if they could go on. By waiter, ascending; of the first 200
  // only.
  std::vector<CouldWake> could_wake;
  // The ids of goroutines that wait for a timer and, in the same select, for others, where nobody
  // but they themselves has a way to the channels of those others, ascending: loops that go on for
  // ever and can never be told to stop. Of the first 16 only.
  std::vector<uint64_t> unstoppable;
  // Why nothing could be proven; empty when the search was complete. Then the lists are empty.
  std::string failure;
  uint64_t candidates = 0;     // goroutines that waited on something that only others can change
  uint64_t scanned_bytes = 0;  // memory that was searched for pointers
  int64_t paused_ns = 0;       // how long all threads stood still
  int64_t took_ns = 0;         // all in all
};

// FindLeaks proves leaks. All threads are stopped by a signal (SIGURG) for as long as it takes to
// fork; what marks is the child. A thread that is in a blocking system call is interrupted:
// nanosleep, poll and epoll_wait return EINTR, as after any signal.
//
// Memory that is not malloc's (that of other allocators, mmap) is taken for reachable as a whole,
// so nothing that it points to is ever reported. Freed memory does not count as far as glibc's
// lists tell of it.
//
// Thread-safe; one search at a time, others wait. A blocking region (muster/blocking.h) for as long
// as it takes. Goroutines of a synctest bubble count like all others. Not to be called from a
// signal handler. x86-64 Linux with glibc; elsewhere, and under the sanitizers, `failure` says so.
LeakReport FindLeaks(const LeakOptions& options = {});

}  // namespace muster::runtime

#endif  // MUSTER_LEAKS_H_
