// A goroutine that does not give way keeps its P, and nobody else.
#include <gtest/gtest.h>

#include <atomic>

#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"

namespace muster {
namespace {

// Two Ps, one of which always has something of its own to do, so that it never steals; the function
// of the test gets the other, and keeps it until `done` is set.
template <typename Begin>
void HogUntilDone(std::atomic<bool>* done, Begin begin) {
  const int before = runtime::GOMAXPROCS(2);
  muster::Run([&] {
    WaitGroup ended;
    std::atomic<bool> stop{false};
    std::atomic<int64_t> turns{0};
    for (int i = 0; i < 4; ++i) {
      ended.Go([&] {
        while (!stop.load()) {
          ++turns;
          runtime::Gosched();
        }
      });
    }
    ended.Go([&] {
      // By the time that these have had so many turns, this one and they are on two Ps.
      const int64_t seen = turns;
      while (turns.load() < seen + 10'000) {
      }
      begin();
      while (!done->load()) {
      }
      stop = true;
    });
    ended.Wait();
  });
  runtime::GOMAXPROCS(before);
}

TEST(Hog, DoesNotKeepThoseFromRunningThatWaitInItsQueue) {
  std::atomic<int> ran{0};
  std::atomic<bool> done{false};
  HogUntilDone(&done, [&] {
    for (int i = 0; i < 100; ++i) {
      Go([&] {
        if (++ran == 100) done = true;
      });
    }
  });
  EXPECT_EQ(ran, 100);
}

TEST(Hog, DoesNotKeepItsTimersFromFiring) {
  std::atomic<bool> done{false};
  HogUntilDone(&done, [&] { time::AfterFunc(absl::Milliseconds(1), [&] { done = true; }); });
}

}  // namespace
}  // namespace muster
