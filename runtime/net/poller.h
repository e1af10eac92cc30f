// The network poller: one epoll instance for the process, and who looks at it.
//
// Goroutines that wait for a descriptor park on its PollDesc (poll_desc.h). Somebody has to look at
// epoll for them. In this order:
//  - an M that finds no work at hand, before it looks at other Ps (a look that does not block);
//  - the sleeper: the one idle M that waits for timers waits in epoll_wait instead of on its futex,
//    with the first timer's deadline as the limit;
//  - the monitor, while all Ps are busy.
//
// Invariant: if a goroutine waits and a P is idle, then some M is the sleeper, or is about to look
// at the poller before it sleeps, or the monitor starts one within its next two looks. The number
// of those that wait is in one counter; while it is zero, nobody makes a system call.
//
// Descriptors are registered once, edge-triggered, for both directions. Which M gets an event does
// not matter: what it means is written in the PollDesc, under that one's lock.
#ifndef MUSTER_NET_POLLER_H_
#define MUSTER_NET_POLLER_H_

#include <atomic>
#include <cstdint>

namespace muster::sched {
struct G;
}

namespace muster::poll {

class PollDesc;

// How many goroutines one look can ready.
inline constexpr int kMaxReady = 256;
struct ReadyList {
  sched::G* ready[kMaxReady];
  int count = 0;
};

// While goroutines run without a break, somebody looks this often, in ns.
inline constexpr int64_t kLookInterval = 1'000'000;

// How many goroutines and threads wait for a descriptor. Sequentially consistent: see StopM.
extern std::atomic<int64_t> g_waiters;
inline bool AnyoneWaits() { return g_waiters.load(std::memory_order_seq_cst) != 0; }

// A descriptor has been registered; never false again.
extern std::atomic<bool> g_active;
inline bool Active() { return g_active.load(std::memory_order_acquire); }

// Whether a look that does not block is of any use: somebody waits, and no M is blocked in the
// poller who would be told at once. Relaxed: a hint.
extern std::atomic<bool> g_blocked;
inline bool WorthALook() {
  return g_waiters.load(std::memory_order_relaxed) != 0 &&
         !g_blocked.load(std::memory_order_relaxed);
}
// The same, and the last look was long ago.
bool LookIsDue();

// Look takes who can go on. They are still parked: the caller readies them.
void Look(ReadyList* list);
// The same for the sleeper, who waits for at most `timeout_ns` (negative: no limit), and returns
// early with `wake`: see Interrupt.
void LookAndWait(int64_t timeout_ns, const std::atomic<uint32_t>& wake, ReadyList* list);
// Interrupt makes the sleeper return, if it is in LookAndWait. Call it after setting its `wake`.
void Interrupt();

// Adds a descriptor to the epoll instance; 0 or an errno (EPERM: it cannot be polled).
int Register(int fd, PollDesc* desc);
void Unregister(int fd);

}  // namespace muster::poll

#endif  // MUSTER_NET_POLLER_H_
