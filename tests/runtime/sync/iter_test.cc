// iter::Seq and iter::Pull, against what Go's documentation of package iter says.
#include "muster/iter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/synctest.h"
#include "tests/runtime/sync/expect_panic.h"
#include "tests/runtime/wait_until.h"

namespace muster::iter {
namespace {

Seq<int> UpTo(int end) {
  return Seq<int>([end](auto yield) {
    for (int i = 0; i < end; ++i) {
      if (!yield(i)) return;
    }
  });
}

// Says when its function's frame goes.
struct AtEnd {
  bool* ended;
  ~AtEnd() { *ended = true; }
};

TEST(IterSeq, HandsItsValuesToAFunction) {
  std::vector<int> seen;
  UpTo(3)([&](int i) {
    seen.push_back(i);
    return true;
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
}

TEST(IterSeq, EndsWhenTheFunctionSaysFalse) {
  int calls = 0;
  UpTo(100)([&](int) { return ++calls < 3; });
  EXPECT_EQ(calls, 3);
}

TEST(IterSeq, RangeForGivesAllValues) {
  muster::Run([] {
    std::vector<int> seen;
    for (const int i : UpTo(3)) seen.push_back(i);
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
    for (const int i : UpTo(0)) ADD_FAILURE() << i;
  });
}

TEST(IterSeq, LeavingTheLoopEndsTheFunction) {
  muster::Run([] {
    bool ended = false;
    const Seq<int> seq([&](auto yield) {
      const AtEnd at_end{&ended};
      while (yield(1)) {
      }
    });
    for (const int i : seq) {
      EXPECT_EQ(i, 1);
      break;
    }
    EXPECT_TRUE(ended);
  });
}

TEST(IterSeq, OfPairs) {
  muster::Run([] {
    const Seq2<std::string, int> seq([](auto yield) { yield("a", 1) && yield("b", 2); });
    std::string seen;
    for (const auto& [key, value] : seq) seen += key + std::to_string(value);
    EXPECT_EQ(seen, "a1b2");
  });
}

TEST(IterSeq, OfValuesThatCanOnlyBeMoved) {
  muster::Run([] {
    const Seq<std::unique_ptr<int>> seq([](auto yield) { yield(std::make_unique<int>(7)); });
    for (const auto& value : seq) EXPECT_EQ(*value, 7);
  });
}

TEST(IterPull, GivesOneValueAfterTheOtherAndThenNothing) {
  muster::Run([] {
    auto [next, stop] = Pull(UpTo(2));
    EXPECT_EQ(next(), 0);
    EXPECT_EQ(next(), 1);
    EXPECT_EQ(next(), std::nullopt);
    EXPECT_EQ(next(), std::nullopt);
    stop();
  });
}

TEST(IterPull, TheFunctionRunsOnlyWhenItIsAsked) {
  muster::Run([] {
    int reached = 0;
    auto [next, stop] = Pull(Seq<int>([&](auto yield) {
      reached = 1;
      yield(1);
      reached = 2;
    }));
    runtime::Gosched();
    EXPECT_EQ(reached, 0);
    next();
    runtime::Gosched();
    EXPECT_EQ(reached, 1);
    next();
    EXPECT_EQ(reached, 2);
  });
}

TEST(IterPull, StopRunsTheFunctionToItsEnd) {
  muster::Run([] {
    bool ended = false;
    bool yielded = true;
    auto [next, stop] = Pull(Seq<int>([&](auto yield) {
      const AtEnd at_end{&ended};
      yielded = yield(1);
      EXPECT_FALSE(yield(2));  // should not be called, and is not heard
    }));
    EXPECT_EQ(next(), 1);
    stop();
    EXPECT_TRUE(ended);
    EXPECT_FALSE(yielded);
    EXPECT_EQ(next(), std::nullopt);
    stop();
  });
}

TEST(IterPull, StopBeforeTheFirstNextMeansThatItNeverRuns) {
  muster::Run([] {
    bool ran = false;
    auto [next, stop] = Pull(Seq<int>([&](auto) { ran = true; }));
    stop();
    EXPECT_EQ(next(), std::nullopt);
    EXPECT_FALSE(ran);
  });
}

TEST(IterPull, DroppingBothIsAStop) {
  muster::Run([] {
    bool ended = false;
    {
      auto pulled = Pull(Seq<int>([&](auto yield) {
        const AtEnd at_end{&ended};
        yield(1);
      }));
      pulled.next();
    }
    EXPECT_TRUE(ended);
  });
}

TEST(IterPull, AnExceptionIsThrownByNext) {
  muster::Run([] {
    auto [next, stop] = Pull(Seq<int>([](auto yield) {
      yield(1);
      throw std::runtime_error("broken");
    }));
    EXPECT_EQ(next(), 1);
    EXPECT_THROW(next(), std::runtime_error);
    EXPECT_EQ(next(), std::nullopt);
  });
}

TEST(IterPull, AnExceptionIsThrownByStop) {
  muster::Run([] {
    auto [next, stop] = Pull(Seq<int>([](auto yield) {
      if (!yield(1)) throw std::runtime_error("broken");
    }));
    EXPECT_EQ(next(), 1);
    EXPECT_THROW(stop(), std::runtime_error);
    stop();
  });
}

TEST(IterPull, GoexitOfTheFunctionIsTheCallers) {
  muster::Run([] {
    bool returned = false;
    WaitGroup wg;
    wg.Go([&] {
      auto [next, stop] = Pull(Seq<int>([](auto) { runtime::Goexit(); }));
      next();
      returned = true;
    });
    wg.Wait();
    EXPECT_FALSE(returned);
  });
}

TEST(IterPull, MayBeNested) {
  muster::Run([] {
    const Seq<int> doubled([](auto yield) {
      for (const int i : UpTo(3)) {
        if (!yield(2 * i)) return;
      }
    });
    std::vector<int> seen;
    for (const int i : doubled) seen.push_back(i);
    EXPECT_EQ(seen, (std::vector<int>{0, 2, 4}));
  });
}

TEST(IterPull, MayGoFromOneGoroutineToAnother) {
  muster::Run([] {
    auto [next, stop] = Pull(UpTo(100));
    for (int i = 0; i < 100; ++i) {
      WaitGroup wg;
      wg.Go([&, next] { EXPECT_EQ(next(), i); });
      wg.Wait();
    }
  });
}

TEST(IterPull, WorksOnAThread) {
  auto [next, stop] = Pull(UpTo(100));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(next(), i);
  EXPECT_EQ(next(), std::nullopt);
}

TEST(IterPull, NextOfTwoAtOncePanics) {
  muster::Run([] {
    auto go_on = MakeChan<int>();
    auto [next, stop] = Pull(Seq<int>([&](auto yield) {
      go_on.Recv();
      yield(1);
    }));
    std::atomic<uint64_t> puller{0};
    WaitGroup wg;
    wg.Go([&, next] {
      puller = runtime::GoroutineId();
      next();
    });
    testing::WaitUntilParkedOn(go_on.ref().get(), record::WaitReason::kChanReceive);
    const std::string what = testing::ExpectPanic(
        "iter: next or stop called by several goroutines at once\n", [&, next] { next(); });
    EXPECT_NE(what.find("goroutine " + std::to_string(puller) + " is in a call of it:"),
              std::string::npos)
        << what;
    EXPECT_THROW(stop(), Panic);
    go_on.Send(1);
    wg.Wait();
  });
}

TEST(IterRecord, BothSidesShowAsCoroutine) {
  muster::Run([] {
    auto go_on = MakeChan<int>();
    std::atomic<uint64_t> function{0};
    auto [next, stop] = Pull(Seq<int>([&](auto yield) {
      function = runtime::GoroutineId();
      yield(1);
      go_on.Recv();
    }));
    next();
    testing::WaitUntilParked(function, record::WaitReason::kCoroutine);
    EXPECT_STREQ(record::ToString(record::WaitReason::kCoroutine), "coroutine");
    std::atomic<uint64_t> puller{0};
    WaitGroup wg;
    wg.Go([&, next] {
      puller = runtime::GoroutineId();
      next();
    });
    testing::WaitUntilParkedOn(go_on.ref().get(), record::WaitReason::kChanReceive);
    testing::WaitUntilParked(puller, record::WaitReason::kCoroutine);
    go_on.Send(1);
    wg.Wait();
  });
}

TEST(IterBubble, AWaitForTheOtherSideIsDurable) {
  synctest::Run([] {
    auto go_on = MakeChan<int>();
    auto [next, stop] = Pull(Seq<int>([&](auto yield) { yield(*go_on.Recv()); }));
    std::optional<int> got;
    WaitGroup wg;
    wg.Go([&, next] { got = next(); });
    synctest::Wait();
    EXPECT_EQ(got, std::nullopt);
    go_on.Send(7);
    wg.Wait();
    EXPECT_EQ(got, 7);
  });
}

TEST(IterStress, ManyPullsAtATime) {
  muster::Run([] {
    WaitGroup wg;
    std::atomic<int64_t> sum{0};
    for (int g = 0; g < 32; ++g) {
      wg.Go([&, g] {
        int64_t own = 0;
        for (const int i : UpTo(200)) {
          own += i;
          if (i == 100 && g % 4 == 0) break;
        }
        sum += own;
      });
    }
    wg.Wait();
    EXPECT_EQ(sum, 24 * 19900 + 8 * 5050);
  });
}

}  // namespace
}  // namespace muster::iter
