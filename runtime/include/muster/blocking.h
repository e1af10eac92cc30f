// Blocking: code that may block its OS thread.
//
// What the runtime knows of, channels and timers and locks, parks a goroutine and lets others run
// on its thread. A system call or a foreign library blocks the thread itself, and with it the
// thread's share of GOMAXPROCS. Marked as a blocking region, it gives the share up to whoever needs
// it: what Go does around each system call.
#ifndef MUSTER_BLOCKING_H_
#define MUSTER_BLOCKING_H_

#include <utility>

namespace muster {

namespace internal {

// Begins and ends a region; in the frame that stays in place for as long as it lasts.
void EnterBlocking() noexcept;
void LeaveBlocking() noexcept;

class BlockingRegion {
 public:
  __attribute__((always_inline)) BlockingRegion() { EnterBlocking(); }
  ~BlockingRegion() { LeaveBlocking(); }
  BlockingRegion(const BlockingRegion&) = delete;
  BlockingRegion& operator=(const BlockingRegion&) = delete;
};

}  // namespace internal

// Blocking calls `fn` and returns its value; exceptions pass, and so does Goexit.
//
//   const ssize_t n = muster::Blocking([&] { return read(fd, buffer, size); });
//
// `fn` runs where it is called, on the caller's stack and thread (mind the stack's limit). At first
// it keeps the thread's P. When the monitor finds it still there, and there is other work, it takes
// the P away: after 20 µs at the earliest, 10 ms after a quiet time at the latest; without other
// work after 10 ms. Then the call returns once there is a P again, which may be on another thread.
//
// Everything may be called inside. What parks (a receive, a lock that is taken) leaves the region
// while it waits, and enters it again before it returns; it may move `fn` to another thread then,
// like everywhere else. Gosched and time slices do nothing inside, as there is no P to give up.
// Regions nest; the outermost one counts. On a foreign thread it only calls `fn`.
//
// The goroutine shows as `syscall` in dumps and captures, with how long the region has lasted and
// the stack from the region on outwards: no signal disturbs what `fn` does. It counts as able to
// run for whoever looks for a global deadlock. A region orders nothing between goroutines.
//
// Costs about 10 ns (45 on a busy machine) when nothing is taken away, no lock and no system call.
// Each region that blocks occupies an OS thread: see debug::SetMaxThreads.
template <typename F>
decltype(auto) Blocking(F&& fn) {
  const internal::BlockingRegion region;
  return std::forward<F>(fn)();
}

}  // namespace muster

#endif  // MUSTER_BLOCKING_H_
