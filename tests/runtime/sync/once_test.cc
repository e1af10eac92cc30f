#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <stdexcept>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::WaitUntilParkedOn;

constinit Once g_once;

TEST(Once, IsConstantInitialised) {
  static int runs = 0;
  g_once.Do([] { ++runs; });
  g_once.Do([] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST(Once, RunsTheFirstFunctionOnly) {
  Once once;
  int first = 0, second = 0;
  once.Do([&] { ++first; });
  once.Do([&] { ++second; });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
}

TEST(Once, RunsOnceAmongMany) {
  muster::Run([] {
    for (int round = 0; round < 50; ++round) {
      Once once;
      WaitGroup wg;
      int runs = 0;
      for (int i = 0; i < 8; ++i) {
        wg.Go([&] {
          once.Do([&] {
            runtime::Gosched();
            ++runs;
          });
          EXPECT_EQ(runs, 1);
        });
      }
      wg.Wait();
    }
  });
}

TEST(Once, OthersWaitUntilTheFunctionHasEnded) {
  muster::Run([] {
    Once once;
    WaitGroup wg;
    auto go_on = MakeChan<int>();
    std::atomic<bool> ended{false};
    wg.Go([&] {
      once.Do([&] {
        go_on.Recv();
        ended = true;
      });
    });
    WaitUntilParkedOn(go_on.ref().get(), WaitReason::kChanReceive);
    for (int i = 0; i < 3; ++i) {
      wg.Go([&] {
        once.Do([] { ADD_FAILURE() << "ran twice"; });
        EXPECT_TRUE(ended);
      });
    }
    WaitUntilParkedOn(&once, WaitReason::kOnceDo, 3);
    EXPECT_FALSE(ended);
    go_on.Send(1);
    wg.Wait();
  });
}

TEST(Once, ThrowingFunctionCountsAsDone) {
  Once once;
  EXPECT_THROW(once.Do([] { throw std::runtime_error("x"); }), std::runtime_error);
  once.Do([] { ADD_FAILURE() << "ran twice"; });
}

TEST(Once, GoexitCountsAsDone) {
  muster::Run([] {
    Once once;
    WaitGroup wg;
    wg.Go([&] { once.Do([] { runtime::Goexit(); }); });
    wg.Wait();
    once.Do([] { ADD_FAILURE() << "ran twice"; });
  });
}

TEST(Once, DoWithinDoWaitsForItself) {
  // The goroutine stays for ever, and so must what it waits on.
  static std::deque<Once> stuck;
  Once& once = stuck.emplace_back();
  std::atomic<uint64_t> id{0};
  Go([&once, &id] {
    id = runtime::GoroutineId();
    once.Do([&once] { once.Do([] {}); });
  });
  WaitUntilParkedOn(&once, WaitReason::kOnceDo);
  const record::Snapshot snapshot = record::Capture();
  for (const record::Object& object : snapshot.objects) {
    if (object.address != reinterpret_cast<uint64_t>(&once)) continue;
    EXPECT_EQ(object.kind, record::ObjectKind::kOnce);
    EXPECT_EQ(object.owner_id, id);
    return;
  }
  FAIL() << "the capture does not show the Once";
}

}  // namespace
}  // namespace muster
