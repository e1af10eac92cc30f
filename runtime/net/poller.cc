#include "runtime/net/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/net/poll_desc.h"
#include "runtime/record/fatal.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/scheduler.h"

namespace muster::poll {

constinit std::atomic<int64_t> g_waiters{0};
constinit std::atomic<bool> g_active{false};
constinit std::atomic<bool> g_blocked{false};

namespace {

constexpr int kMaxEvents = kMaxReady / 2;  // one may ready a reader and a writer

int g_epoll = -1;
int g_wakeup = -1;  // an eventfd
std::atomic<int64_t> g_last_look{0};

constinit sched::Lock g_start_lock;

// Raw calls: TSan's interceptors would draw edges between all who pass through the poller.
int EpollWait(epoll_event* events, int64_t timeout_ns) {
  static std::atomic<bool> has_pwait2{true};
  if (timeout_ns > 0 && has_pwait2.load(std::memory_order_relaxed)) {
    const timespec timeout = {timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    const long count =
        syscall(SYS_epoll_pwait2, g_epoll, events, kMaxEvents, &timeout, nullptr, size_t{8});
    if (count >= 0 || errno != ENOSYS) return static_cast<int>(count);
    has_pwait2.store(false, std::memory_order_relaxed);  // before Linux 5.11
  }
  int64_t limit_ms = timeout_ns;
  if (timeout_ns > 0) limit_ms = std::min<int64_t>((timeout_ns + 999'999) / 1'000'000, 1 << 30);
  return static_cast<int>(syscall(SYS_epoll_pwait, g_epoll, events, kMaxEvents,
                                  static_cast<int>(limit_ms), nullptr, 8));
}

void Collect(const epoll_event* events, int count, ReadyList* list) {
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr == nullptr) {
      uint64_t ignored = 0;
      (void)!syscall(SYS_read, g_wakeup, &ignored, sizeof(ignored));
      continue;
    }
    static_cast<PollDesc*>(events[i].data.ptr)->Note(events[i].events, list);
  }
}

void Start() {
  const sched::LockGuard guard(g_start_lock);
  if (Active()) return;
  sched::EnsureStarted();
  g_epoll = epoll_create1(EPOLL_CLOEXEC);
  g_wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  epoll_event event{};
  event.events = EPOLLIN;
  if (g_epoll < 0 || g_wakeup < 0 || epoll_ctl(g_epoll, EPOLL_CTL_ADD, g_wakeup, &event) != 0) {
    record::Fatal("cannot start the network poller; raise the limit on open files");
  }
  g_active.store(true, std::memory_order_seq_cst);
  sched::WakeSleeper();  // it sleeps on its futex, and is to sleep here from now on
}

}  // namespace

bool LookIsDue() {
  return WorthALook() &&
         sched::NowNanos() - g_last_look.load(std::memory_order_relaxed) >= kLookInterval;
}

void Look(ReadyList* list) {
  g_last_look.store(sched::NowNanos(), std::memory_order_relaxed);
  epoll_event events[kMaxEvents];
  Collect(events, EpollWait(events, 0), list);
}

void LookAndWait(int64_t timeout_ns, const std::atomic<uint32_t>& wake, ReadyList* list) {
  // Pairs with Interrupt: either that one sees that we block, or we see `wake`.
  g_blocked.store(true, std::memory_order_seq_cst);
  epoll_event events[kMaxEvents];
  int count = 0;
  if (wake.load(std::memory_order_seq_cst) == 0) count = EpollWait(events, timeout_ns);
  g_blocked.store(false, std::memory_order_relaxed);
  g_last_look.store(sched::NowNanos(), std::memory_order_relaxed);
  Collect(events, count, list);
}

void Interrupt() {
  // The caller's store to `wake` and this load are sequentially consistent: see LookAndWait.
  if (!g_blocked.load(std::memory_order_seq_cst)) return;
  const uint64_t one = 1;
  const int saved_errno = errno;
  (void)!syscall(SYS_write, g_wakeup, &one, sizeof(one));
  errno = saved_errno;
}

int Register(int fd, PollDesc* desc) {
  if (!Active()) Start();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = desc;
  return syscall(SYS_epoll_ctl, g_epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

void Unregister(int fd) {
  epoll_event event{};
  syscall(SYS_epoll_ctl, g_epoll, EPOLL_CTL_DEL, fd, &event);
}

}  // namespace muster::poll
