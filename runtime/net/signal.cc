// Signals: a handler marks what has come and writes to an eventfd; a goroutine that waits for that
// sends to the channels. The goroutine is Muster's own. It lives only while a channel is
// registered, so that its wait for input does not hide a deadlock afterwards.
#include "muster/signal.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "muster/go.h"
#include "muster/panic.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "runtime/net/fd.h"
#include "runtime/record/fatal.h"
#include "runtime/sched/g.h"

// See runtime/record/interrupt.cc.
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*) noexcept;

namespace muster::os::signal {
namespace {

constexpr int kSignals = 65;  // 1 to 64

using Set = uint64_t;  // bit n - 1 is signal n

constexpr Set Bit(int signal) { return Set{1} << (signal - 1); }

constexpr Set kForbidden = Bit(SIGKILL) | Bit(SIGSTOP) | Bit(SIGSEGV) | Bit(SIGBUS) | Bit(SIGFPE) |
                           Bit(SIGILL) | Bit(SIGURG) | Bit(32) | Bit(33);  // the last are glibc's

Set SetOf(std::initializer_list<int> signals) {
  if (signals.size() == 0) return ~kForbidden;
  Set set = 0;
  for (const int signal : signals) {
    if (signal >= 1 && signal < kSignals) set |= Bit(signal);
  }
  return set & ~kForbidden;
}

// Written by the handler.
std::atomic<Set> g_pending{0};
std::atomic<int> g_eventfd{-1};

void Poke() {
  const uint64_t one = 1;
  (void)!syscall(SYS_write, g_eventfd.load(std::memory_order_relaxed), &one, sizeof(one));
}

void OnSignal(int signal) {
  const int saved_errno = errno;
  g_pending.fetch_or(Bit(signal), std::memory_order_release);
  Poke();
  errno = saved_errno;
}

class Registry {
 public:
  void Notify(const Chan<int>& chan, Set signals) {
    std::scoped_lock lock(mutex_);
    Add(chan, signals);
    Apply();
    if (relaying_) return;
    relaying_ = true;
    OpenEventFD();
    Go([this] { Relay(); });
  }

  void Stop(const Chan<int>& chan) {
    std::scoped_lock lock(mutex_);
    Deliver();
    std::erase_if(watchers_, [&](const Watcher& watcher) { return watcher.chan == chan; });
    Apply();
    if (watchers_.empty() && relaying_) Poke();
  }

  void Withdraw(Set signals, bool ignore) {
    std::scoped_lock lock(mutex_);
    for (Watcher& watcher : watchers_) watcher.signals &= ~signals;
    std::erase_if(watchers_, [](const Watcher& watcher) { return watcher.signals == 0; });
    ignored_ = ignore ? ignored_ | signals : ignored_ & ~signals;
    Apply();
    if (watchers_.empty() && relaying_) Poke();
  }

  bool Ignores(int signal) {
    std::scoped_lock lock(mutex_);
    return (ignored_ & SetOf({signal})) != 0;
  }

 private:
  struct Watcher {
    Chan<int> chan;
    Set signals;
  };

  // All under the lock.
  void Add(const Chan<int>& chan, Set signals) {
    ignored_ &= ~signals;
    for (Watcher& watcher : watchers_) {
      if (watcher.chan != chan) continue;
      watcher.signals |= signals;
      return;
    }
    watchers_.push_back({chan, signals});
  }

  // Makes the process's handlers what the lists say.
  void Apply() {
    Set caught = 0;
    for (const Watcher& watcher : watchers_) caught |= watcher.signals;
    for (int signal = 1; signal < kSignals; ++signal) {
      const Set bit = Bit(signal);
      const bool ours = ((caught | ignored_) & bit) != 0;
      const bool was_ours = ((caught_ | applied_ignored_) & bit) != 0;
      auto& previous = previous_[static_cast<size_t>(signal)];
      if (ours) {
        struct sigaction action {};
        action.sa_handler = (caught & bit) != 0 ? &OnSignal : SIG_IGN;
        action.sa_flags = SA_ONSTACK | SA_RESTART;
        if ((caught & bit) == (caught_ & bit) && was_ours) continue;
        __sigaction(signal, &action, was_ours ? nullptr : &previous);
      } else if (was_ours) {
        __sigaction(signal, &previous, nullptr);
      }
    }
    caught_ = caught;
    applied_ignored_ = ignored_;
  }

  void OpenEventFD() {
    if (fd_) return;
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    poll::Error error = poll::kOk;
    poll::FD* const adopted =
        fd < 0 ? nullptr : poll::FD::Adopt(fd, poll::Mode::kNonBlocking, false, "signals", &error);
    if (adopted == nullptr) record::Fatal("os/signal: cannot have an eventfd");
    fd_ = poll::FDRef(adopted);
    g_eventfd.store(fd, std::memory_order_relaxed);
    if (g_pending.load(std::memory_order_relaxed) != 0) Poke();  // what came before there was one
  }

  void Deliver() {
    // Acquire pairs with the handler's release.
    const Set pending = g_pending.exchange(0, std::memory_order_acquire);
    for (int signal = 1; signal < kSignals; ++signal) {
      if ((pending & Bit(signal)) == 0) continue;
      for (const Watcher& watcher : watchers_) {
        if ((watcher.signals & Bit(signal)) == 0) continue;
        watcher.chan.TrySend(int{signal});
      }
    }
  }

  void Relay() {
    sched::Self()->kind = record::Kind::kSystem;
    for (;;) {
      uint64_t count = 0;
      const iovec part = {&count, sizeof(count)};
      fd_->ReadSome(&part, 1, nullptr);
      std::scoped_lock lock(mutex_);
      Deliver();
      if (!watchers_.empty()) continue;
      relaying_ = false;
      return;
    }
  }

  Mutex mutex_;
  // Guarded by the lock.
  std::vector<Watcher> watchers_;
  Set ignored_ = 0;
  Set caught_ = 0;           // as last applied
  Set applied_ignored_ = 0;  // as last applied
  std::array<struct sigaction, kSignals> previous_{};
  bool relaying_ = false;
  poll::FDRef fd_;  // set once
};

// Never destroyed: a signal may come at any time.
Registry& Signals() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace

void Notify(const Chan<int>& chan, std::initializer_list<int> signals) {
  if (!chan) throw Panic("os/signal: Notify using nil channel");
  Signals().Notify(chan, SetOf(signals));
}

void Stop(const Chan<int>& chan) { Signals().Stop(chan); }
void Ignore(std::initializer_list<int> signals) { Signals().Withdraw(SetOf(signals), true); }
void Reset(std::initializer_list<int> signals) { Signals().Withdraw(SetOf(signals), false); }
bool Ignored(int signal) { return Signals().Ignores(signal); }

Notified NotifyContext(const context::Context& parent, std::initializer_list<int> signals) {
  const context::Cancellable made = context::WithCancel(parent);
  const auto came = MakeChan<int>(1);
  Notify(came, signals);
  // A goroutine for each, as in Go: it ends with the context, and closes what it has opened.
  Go([came, made] {
    Select(OnRecv(came, [&](auto) { made.cancel(); }), OnRecv(made.ctx.Done(), [](auto) {}));
    Stop(came);
  });
  return {made.ctx, made.cancel};
}

}  // namespace muster::os::signal
