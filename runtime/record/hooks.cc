#include "muster/hooks.h"

#include "runtime/record/observe.h"
#include "runtime/sched/lock.h"

namespace muster::record {

std::atomic<const hooks::Observers*> g_observers{nullptr};
std::atomic<uint32_t> g_watched{0};

namespace {
__attribute__((tls_model("initial-exec"))) thread_local bool t_inside = false;
}  // namespace

// Out of line, as all that touches a thread-local (see runtime/sched/tls.h).
__attribute__((noinline)) ObserverScope::ObserverScope() {
  t_inside = true;
  __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) ObserverScope::~ObserverScope() {
  t_inside = false;
  __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) bool InsideObserverNow() {
  __asm__ volatile("" ::: "memory");
  return t_inside;
}

}  // namespace muster::record

namespace muster::hooks {

const Observers* Install(const Observers* observers) {
  // The table and the bit change together.
  static constinit sched::Lock lock;
  const sched::LockGuard guard(lock);
  if (observers != nullptr) {
    record::g_watched.fetch_or(record::kWatchedByObservers, std::memory_order_relaxed);
  } else {
    record::g_watched.fetch_and(~record::kWatchedByObservers, std::memory_order_relaxed);
  }
  return record::g_observers.exchange(observers, std::memory_order_acq_rel);
}

}  // namespace muster::hooks
