#include "testdata/goker/kernel.h"

#include <atomic>

namespace goker {
namespace {

std::vector<Kernel>& Registered() {
  static std::vector<Kernel> kernels;
  return kernels;
}

std::atomic<uint64_t> g_draws{0};

}  // namespace

Registration::Registration(const Kernel& kernel) { Registered().push_back(kernel); }

const std::vector<Kernel>& Kernels() { return Registered(); }

void SeedDraws(uint64_t seed) { g_draws = seed * 0x9e3779b97f4a7c15; }

uint32_t Draw(uint32_t bound) {
  // SplitMix64. Relaxed, so that a draw orders nothing between the kernel's goroutines.
  uint64_t x = g_draws.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return static_cast<uint32_t>((x ^ (x >> 31)) >> 32) % bound;
}

}  // namespace goker
