// What the machine itself takes: not a work of the runtime's, and without peers.
#include <atomic>
#include <thread>

#include "tests/bench/muster/works.h"

namespace bench {
namespace {

// A cache line goes to another CPU and back. Where the hypervisor puts the CPUs of a virtual
// machine decides this, from one minute to the next, and all that two Ps do with the same memory
// depends on it.
Result LineTrip(Size size) {
  alignas(64) static std::atomic<int64_t> turn;
  turn = 0;
  const double ns = NsPerOp(size.count, [&] {
    std::thread other([&] {
      for (int64_t i = 0; i < size.count; ++i) {
        while (turn.load(std::memory_order_acquire) != 2 * i + 1) {
        }
        turn.store(2 * i + 2, std::memory_order_release);
      }
    });
    for (int64_t i = 0; i < size.count; ++i) {
      turn.store(2 * i + 1, std::memory_order_release);
      while (turn.load(std::memory_order_acquire) != 2 * i + 2) {
      }
    }
    other.join();
  });
  return {ns, {}};
}

}  // namespace

std::vector<Work> MachineWorks() { return {{"line_trip", "ns", {300'000, 300'000}, LineTrip}}; }

}  // namespace bench
