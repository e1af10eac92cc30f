#include "runtime/sched/region.h"

#include <utility>

#include "muster/blocking.h"
#include "runtime/record/interrupt.h"
#include "runtime/sched/futex.h"
#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"
#include "runtime/sched/ticks.h"

namespace muster::sched {
namespace {

// The state of a goroutine in its region. Release: who sees it sees where the region was entered.
void BeginSyscallState(G* g) {
  g->state.store(record::State::kSyscall, std::memory_order_release);
  record::AwaitInterrupt(CurrentM());
}

// From here on the goroutine may change its outer frames and its record.
void EndSyscallState(G* g) {
  g->state.store(record::State::kRunning, std::memory_order_release);
  g->runs.store(g->runs.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  // As in Adopt: pairs with the fence in Glimpse::Undisturbed.
  std::atomic_thread_fence(std::memory_order_release);
  RespectHold(g);
}

void LoosenP(M* m) {
  P* const p = std::exchange(m->p, nullptr);
  m->region_p = p;
  p->regions.store(p->regions.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  // Release: whoever takes the P (an acquire) sees all that its owner wrote.
  p->region_m.store(m, std::memory_order_release);
}

bool TightenP(M* m) {
  P* const p = std::exchange(m->region_p, nullptr);
  M* expected = m;
  // Acquire: pairs with the release of whoever had the P meanwhile and gave it back to this M.
  if (!p->region_m.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel)) {
    return false;
  }
  m->p = p;
  return true;
}

// The monitor has taken the P: go on with an idle one, or wait until there is one.
__attribute__((noinline)) void GetAnyP(M* m, G* g) {
  if (BindIdleP(m)) return;
  LeaveForNext(m, g, nullptr, Departure::kRequeue);
}

[[noreturn]] void StopForEver() {
  static std::atomic<uint32_t> never{0};
  for (;;) futex::Wait(&never, 0);
}

}  // namespace

void SuspendRegion(M* m, G* g) {
  EndSyscallState(g);
  TightenP(m);
}

void ResumeRegion() {
  M* const m = CurrentM();
  G* const g = m->current.load(std::memory_order_relaxed);
  g->wait_since = Ticks();
  LoosenP(m);
  BeginSyscallState(g);
}

bool Retake(P* p) {
  M* m = p->region_m.load(std::memory_order_relaxed);
  if (m == nullptr || !p->region_m.compare_exchange_strong(m, nullptr, std::memory_order_acq_rel)) {
    return false;
  }
  p->m.store(nullptr, std::memory_order_release);
  HandOff(p);
  return true;
}

RegionChange::RegionChange(G* g) : g_(InRegion(g) ? g : nullptr) {
  if (g_ != nullptr) EndSyscallState(g_);
}

RegionChange::~RegionChange() {
  if (g_ != nullptr) BeginSyscallState(g_);
}

}  // namespace muster::sched

namespace muster::internal {

// Not inlined: its own frame leads to the one that stays.
__attribute__((noinline)) void EnterBlocking() noexcept {
  sched::M* const m = sched::CurrentM();
  sched::G* const g = m == nullptr ? nullptr : m->current.load(std::memory_order_relaxed);
  if (g == nullptr || g->region.depth++ > 0) return;
  // The caller's frame as it will be when this call has returned.
  const auto* frame = static_cast<const uintptr_t*>(__builtin_frame_address(0));
  g->region.pc = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  g->region.sp = reinterpret_cast<uintptr_t>(frame + 2);
  g->region.fp = frame[0];
  sched::ResumeRegion();
}

void LeaveBlocking() noexcept {
  sched::M* const m = sched::CurrentM();
  sched::G* const g = m == nullptr ? nullptr : m->current.load(std::memory_order_relaxed);
  if (g == nullptr || --g->region.depth > 0) return;
  if (__builtin_expect(sched::g_scheduler.frozen.load(std::memory_order_relaxed), 0)) {
    sched::StopForEver();
  }
  sched::EndSyscallState(g);
  if (__builtin_expect(!sched::TightenP(m), 0)) sched::GetAnyP(m, g);
}

}  // namespace muster::internal
