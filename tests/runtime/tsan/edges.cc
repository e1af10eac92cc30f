#include "tests/runtime/tsan/edges.h"

#include <array>
#include <atomic>

#include "muster/muster.h"

namespace edges {
namespace {

int g_variable = 0;
std::atomic<int> g_step{0};

}  // namespace

std::span<const std::span<const Case>> AllCases() {
  static const std::array<std::span<const Case>, 9> all = {
      SpawnCases(), ChanCases(),   SelectCases(), LockCases(), SyncCases(),
      TimeCases(),  ThreadCases(), NetCases(),    LoadCases()};
  return all;
}

__attribute__((noinline)) void FirstTouch() { ++g_variable; }
__attribute__((noinline)) void SecondTouch() { --g_variable; }

void Reach(int step) { g_step.store(step, std::memory_order_relaxed); }

void Await(int step) {
  while (g_step.load(std::memory_order_relaxed) < step) muster::runtime::Gosched();
}

void Settle() {
  for (int i = 0; i < 20; ++i) muster::runtime::Gosched();
}

}  // namespace edges
