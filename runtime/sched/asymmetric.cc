#include "runtime/sched/asymmetric.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace muster::sched {

constinit std::atomic<bool> g_light_barriers{false};

namespace {

bool Membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0) == 0; }

// Before main, and before any goroutine: until then both barriers are full fences.
__attribute__((constructor)) void Register() {
  if (Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)) {
    // Release: a HeavyBarrier that found the process unregistered has fenced before this store.
    g_light_barriers.store(true, std::memory_order_release);
  }
}

}  // namespace

void HeavyBarrier() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  // A filter that was installed meanwhile would leave the light side without its fence.
  if (g_light_barriers.load(std::memory_order_relaxed)) std::abort();
}

}  // namespace muster::sched
