// The mix: thousands of small programs side by side, each checking its own books.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

#include "muster/muster.h"
#include "tests/runtime/stress/scenes.h"

namespace stress {
namespace {

constexpr std::array<Scene, 16> kScenes = {ProducersAndConsumers,
                                           SelectDrainsTwoChannels,
                                           SelectSendsAndReceives,
                                           TransfersUnderMutexes,
                                           LedgerUnderRWMutex,
                                           BufferWithConds,
                                           OnceIsOnce,
                                           TimersFireOrStop,
                                           TickersAndSleepers,
                                           CancelledTree,
                                           TimedOutContexts,
                                           CaughtPanics,
                                           ParkedInCatchBlocks,
                                           ForeignThreads,
                                           DeepStacks,
                                           Families};

int FromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

TEST(StressMix, LosesNothing) {
  const int iterations = FromEnvironment("MUSTER_STRESS_ITERATIONS", 10'000);
  const auto seed = static_cast<unsigned>(FromEnvironment("MUSTER_SEED", 1));
  constexpr int kLanes = 4;  // scenes that run at the same time
  ASSERT_GT(iterations, 0);
  Verdict verdict;
  std::atomic<int> next{0};
  std::array<std::atomic<int>, kScenes.size()> played{};
  muster::Run([&] {
    muster::WaitGroup lanes;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      lanes.Go([&, lane] {
        Random random{std::minstd_rand(seed * kLanes + lane + 1)};
        for (int i = next++; i < iterations; i = next++) {
          const auto scene = static_cast<size_t>(random.Below(kScenes.size()));
          kScenes[scene](random, verdict);
          ++played[scene];
        }
      });
    }
    lanes.Wait();
  });
  EXPECT_THAT(verdict.Failures(), ::testing::IsEmpty());
  int total = 0;
  for (size_t i = 0; i < kScenes.size(); ++i) {
    total += played[i];
    if (iterations >= 1000) {
      EXPECT_GT(played[i], 0) << "scene " << i << " was never played";
    }
  }
  EXPECT_EQ(total, iterations);
  // The last goroutines may still be on their way out of their functions.
  while (muster::runtime::NumGoroutine() > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace stress
