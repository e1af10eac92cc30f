#include "muster/hooks.h"

#include "runtime/record/observe.h"

namespace muster::record {

std::atomic<const hooks::Observers*> g_observers{nullptr};

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
  return record::g_observers.exchange(observers, std::memory_order_acq_rel);
}

}  // namespace muster::hooks
