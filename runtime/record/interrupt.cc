#include "runtime/record/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/reach/stop.h"
#include "runtime/sched/asymmetric.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/futex.h"
#include "runtime/sched/region.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/walk.h"

// glibc's own name for sigaction. TSan intercepts the other one and delays asynchronous signals
// until the thread's next intercepted call, which a computing goroutine may never make.
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*) noexcept;

namespace muster::record {
namespace {

constexpr int kSignal = SIGURG;
constexpr int64_t kTimeoutNs = 100'000'000;

// The one request in flight. kIdle -> kAsked by the capture; kAsked -> kTaking by the handler, or
// back to kIdle by the capture when it gives up; kTaking -> kDone by the handler (release:
// publishes the answer), kDone -> kIdle by the capture.
enum : uint32_t { kIdle, kAsked, kTaking, kDone };
std::atomic<uint32_t> g_request{kIdle};
std::atomic<sched::M*> g_target{nullptr};
Raw* g_raw = nullptr;
Frames* g_frames = nullptr;
bool g_taken = false;
struct sigaction g_previous;

void TakeRunning(sched::M* m, const ucontext_t* context) {
  g_taken = false;
  const sched::G* g = m->current.load(std::memory_order_relaxed);
  if (g == nullptr) return;
#if defined(__x86_64__)
  const greg_t* r = context->uc_mcontext.gregs;
  const auto sp = static_cast<uintptr_t>(r[REG_RSP]);
  // `current` changes a few instructions before the stack does.
  if (sp < g->stack_lo || sp > g->stack_hi) return;
  CopyRecord(g, true, g_raw);
  g_raw->labels = Ref(g->labels);
  g_raw->state = State::kRunning;
  g_raw->wait = sched::WaitInfo{};
  g_raw->wait_since_ns = 0;
  g_raw->running_since_ns = sched::RunningSince(g);
  g_raw->tid = m->tid.load(std::memory_order_relaxed);
  g_frames->count = stack::WalkFramePointers(static_cast<uintptr_t>(r[REG_RIP]), sp,
                                             static_cast<uintptr_t>(r[REG_RBP]), g->stack_hi,
                                             g_frames->pcs, kMaxFrames);
  g_taken = true;
#else
  (void)context;
#endif
}

bool RunsInRegion(const sched::M* m) {
  const sched::G* g = m->current.load(std::memory_order_relaxed);
  return g != nullptr && sched::InRegion(g);
}

void OnSignal(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  sched::M* m = sched::CurrentM();
  uint32_t asked = kAsked;
  bool ours = false;
  if (m != nullptr && g_target.load(std::memory_order_acquire) == m &&
      g_request.compare_exchange_strong(asked, kTaking, std::memory_order_acq_rel)) {
    TakeRunning(m, static_cast<const ucontext_t*>(context));
    g_request.store(kDone, std::memory_order_release);
    sched::futex::Wake(&g_request, 1);
    ours = true;
  }
  // One signal may stand for both.
  ours = reach::StopIfAsked(context) || ours;
  if (ours) {
    errno = saved_errno;
    return;
  }
  if ((g_previous.sa_flags & SA_SIGINFO) != 0 && g_previous.sa_sigaction != nullptr) {
    g_previous.sa_sigaction(signal, info, context);
  } else if (g_previous.sa_handler != SIG_DFL && g_previous.sa_handler != SIG_IGN) {
    g_previous.sa_handler(signal);
  }
  errno = saved_errno;
}

}  // namespace

void CopyRecord(const sched::G* g, bool details, Raw* raw) {
  raw->id = g->id;
  raw->parent_id = g->parent_id;
  raw->kind = g->kind;
  raw->started_ns = g->started_ns;
  raw->running_since_ns = 0;
  raw->creation_stack = g->creation_stack;
  raw->labels = g->labels;
  raw->locked_to_thread = g->lock_count > 0;
  // Bubbles are never freed, so it is one, whatever happens to `g` meanwhile.
  const sched::Bubble* const bubble = g->bubble;
  raw->bubble = bubble == nullptr ? 0 : bubble->id;
  raw->held_overflowed = g->held_overflowed;
  raw->ancestor_count = 0;
  if (!details) return;
  // The count may be anything while the control block is being written.
  raw->ancestor_count = std::min<int>(g->ancestor_count, kMaxAncestors);
  for (int i = 0; i < raw->ancestor_count; ++i) raw->ancestors[i] = g->ancestors[i];
  for (int i = 0; i < sched::kMaxHeldReads; ++i) {
    raw->held[i] = g->noted_reads ? g->held[i] : sched::HeldRead{};
  }
}

void AwaitInterrupt(const sched::M* m) {
  sched::LightBarrier();  // pairs with the barrier in InterruptRunning
  while (g_request.load(std::memory_order_acquire) == kAsked &&
         g_target.load(std::memory_order_relaxed) == m) {
    __builtin_ia32_pause();
  }
}

Answer InterruptRunning(sched::M* m, Raw* raw, Frames* frames) {
  const int32_t tid = m->tid.load(std::memory_order_relaxed);
  if (tid == 0) return Answer::kNoneRuns;
  g_raw = raw;
  g_frames = frames;
  g_target.store(m, std::memory_order_release);
  g_request.store(kAsked, std::memory_order_release);
  // The other side of AwaitInterrupt: either the one that enters a region sees that it is asked, or
  // it is seen to have entered.
  sched::HeavyBarrier();
  const bool sent = !RunsInRegion(m) && syscall(SYS_tgkill, getpid(), tid, kSignal) == 0;
  uint32_t asked = kAsked;
  // A signal that an earlier request gave up on may just be answering this one.
  if (!sent && g_request.compare_exchange_strong(asked, kIdle, std::memory_order_acq_rel)) {
    return Answer::kNoneRuns;
  }
  const int64_t deadline = sched::NowNanos() + kTimeoutNs;
  for (;;) {
    uint32_t state = g_request.load(std::memory_order_acquire);
    if (state == kDone) break;
    const int64_t left = deadline - sched::NowNanos();
    if (left > 0) {
      sched::futex::Wait(&g_request, state, left);
    } else if (state == kAsked &&
               g_request.compare_exchange_strong(state, kIdle, std::memory_order_acq_rel)) {
      return Answer::kNoAnswer;
    }
  }
  g_request.store(kIdle, std::memory_order_relaxed);
  return g_taken ? Answer::kTaken : Answer::kNoneRuns;
}

void InstallInterruptHandler() {
  struct sigaction action = {};
  action.sa_sigaction = &OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  __sigaction(kSignal, &action, &g_previous);
}

void PrepareThreadForInterrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, kSignal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace muster::record
