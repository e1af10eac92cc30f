// A goroutine that hands over readies the other side first and parks then, so that the switch goes
// straight there. That is safe in this order because the one that is readied was as good as parked:
// between giving the turn away and parking it does nothing that could yield, and Ready waits for
// these few instructions. A thread may lose its CPU in between; so it holds a lock until it has
// parked, on which whoever wants to ready it sleeps.
//
// Only the beginning is different, for the new goroutine may run before or after its caller waits:
// `begin_` tells the one that comes second that the first one waits.
#include "muster/coroutine.h"

#include <cxxabi.h>

#include <utility>

#include "muster/go.h"
#include "muster/panic.h"
#include "muster/runtime.h"
#include "runtime/record/misuse.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/bubble.h"
#include "runtime/sched/park.h"
#include "runtime/sched/point.h"
#include "runtime/sync/caller.h"
#include "runtime/sync/queue.h"

namespace muster::internal {
namespace {

constexpr sched::WaitInfo kWait = {.reason = record::WaitReason::kCoroutine, .durable = true};

void WaitForTurn() { sched::Park(kWait, nullptr, nullptr); }

}  // namespace

// The caller's right to resume.
class Coroutine::Turn {
 public:
  explicit Turn(Coroutine* coroutine) : coroutine_(coroutine) {
    uint64_t other = 0;
    // Acquire pairs with the release below.
    if (coroutine->turn_of_.compare_exchange_strong(other, CallerId(), std::memory_order_acquire)) {
      return;
    }
    Misuse misuse("iter: next or stop called by several goroutines at once");
    misuse.Caller("calls it");
    misuse.Now(other, "is in a call of it");
    misuse.Throw();
  }
  ~Turn() { coroutine_->turn_of_.store(0, std::memory_order_release); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Coroutine* coroutine_;
};

bool Coroutine::Resume() {
  sched::SchedulingPoint();
  std::exception_ptr exception;
  {
    const Turn turn(this);
    if (ended_) return false;
    if (started_ && bubble_ != sched::CurrentBubbleId()) {
      Misuse("iter: next or stop called from another synctest bubble").Caller("calls it").Throw();
    }
    if (!started_) Start();
    caller_ = sched::Self();
    caller_is_thread_ = runtime::GoroutineId() == 0;
    if (caller_is_thread_) AsLock(thread_lock_).Acquire();
    tsan::Release(&to_body_);
    // The release and acquire of both exchanges: each side sees the other's pointer.
    const bool body_waits =
        begun_ ||
        begin_.exchange(Begin::kCallerWaits, std::memory_order_acq_rel) == Begin::kBodyWaits;
    begun_ = true;
    WaitForBody(body_waits);
    tsan::Acquire(&to_caller_);
    if (!ended_) return true;
    exception = std::exchange(exception_, nullptr);
  }
  if (exception != nullptr) std::rethrow_exception(exception);
  if (std::exchange(by_goexit_, false)) runtime::Goexit();
  return false;
}

// The caller gives the turn away. Unless `body_waits` the body is about to find out.
void Coroutine::WaitForBody(bool body_waits) {
  sched::Lock* const until_parked = caller_is_thread_ ? &AsLock(thread_lock_) : nullptr;
  if (body_waits) sched::Ready(coroutine_);
  sched::Park(kWait, until_parked == nullptr ? nullptr : &sched::UnlockLock, until_parked);
}

void Coroutine::ReadyCaller() {
  if (caller_is_thread_) {
    const sched::LockGuard until_parked(AsLock(thread_lock_));
  }
  sched::Ready(caller_);
}

bool Coroutine::Abandon() {
  const Turn turn(this);
  if (started_) return false;
  body_ = {};
  started_ = ended_ = true;
  return true;
}

void Coroutine::Start() {
  bubble_ = sched::CurrentBubbleId();
  Go([this] { Run(); });
  started_ = true;
}

void Coroutine::Run() {
  // Its end by Goexit counts as one too.
  struct AtEnd {
    Coroutine* coroutine;
    ~AtEnd() { coroutine->EndBody(); }
  } at_end{this};
  coroutine_ = sched::Self();
  if (begin_.exchange(Begin::kBodyWaits, std::memory_order_acq_rel) != Begin::kCallerWaits) {
    WaitForTurn();
  }
  tsan::Acquire(&to_body_);
  by_goexit_ = true;
  try {
    body_();
    by_goexit_ = false;
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (...) {
    by_goexit_ = false;
    exception_ = std::current_exception();
  }
}

void Coroutine::EndBody() {
  body_ = {};
  ended_ = true;
  tsan::Release(&to_caller_);
  // The coroutine may be gone once its caller runs.
  ReadyCaller();
}

void Coroutine::Yield() {
  tsan::Release(&to_caller_);
  ReadyCaller();
  WaitForTurn();
  tsan::Acquire(&to_body_);
}

}  // namespace muster::internal
