#include "muster/hooks.h"

#include "runtime/record/observe.h"

namespace muster::record {

std::atomic<const hooks::Observers*> g_observers{nullptr};

}  // namespace muster::record

namespace muster::hooks {

const Observers* Install(const Observers* observers) {
  return record::g_observers.exchange(observers, std::memory_order_acq_rel);
}

}  // namespace muster::hooks
