// sync::Map, against what Go's documentation of sync.Map says.
#include "muster/sync_map.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster::sync {
namespace {

TEST(SyncMap, LoadsWhatWasStored) {
  Map<std::string, int> map;
  EXPECT_EQ(map.Load("a"), std::nullopt);
  map.Store("a", 1);
  map.Store("a", 2);
  EXPECT_EQ(map.Load("a"), 2);
}

TEST(SyncMap, LoadOrStoreStoresOnceAndSaysWhichItWas) {
  Map<int, std::string> map;
  const auto stored = map.LoadOrStore(1, "first");
  EXPECT_EQ(stored.actual, "first");
  EXPECT_FALSE(stored.loaded);
  const auto loaded = map.LoadOrStore(1, "second");
  EXPECT_EQ(loaded.actual, "first");
  EXPECT_TRUE(loaded.loaded);
}

TEST(SyncMap, LoadAndDeleteGivesTheLastValue) {
  Map<int, std::string> map;
  EXPECT_EQ(map.LoadAndDelete(1), std::nullopt);
  map.Store(1, "one");
  EXPECT_EQ(map.LoadAndDelete(1), "one");
  EXPECT_EQ(map.Load(1), std::nullopt);
}

TEST(SyncMap, DeleteOfWhatIsNotThereDoesNothing) {
  Map<int, int> map;
  map.Delete(1);
  map.Store(1, 1);
  map.Delete(1);
  EXPECT_EQ(map.Load(1), std::nullopt);
}

TEST(SyncMap, SwapGivesThePreviousValue) {
  Map<int, int> map;
  EXPECT_EQ(map.Swap(1, 10), std::nullopt);
  EXPECT_EQ(map.Swap(1, 11), 10);
  EXPECT_EQ(map.Load(1), 11);
}

TEST(SyncMap, CompareAndSwapSwapsOnlyTheOldValue) {
  Map<int, int> map;
  EXPECT_FALSE(map.CompareAndSwap(1, 0, 1));
  map.Store(1, 1);
  EXPECT_FALSE(map.CompareAndSwap(1, 0, 2));
  EXPECT_TRUE(map.CompareAndSwap(1, 1, 2));
  EXPECT_EQ(map.Load(1), 2);
}

TEST(SyncMap, CompareAndDeleteDeletesOnlyTheOldValue) {
  Map<int, int> map;
  EXPECT_FALSE(map.CompareAndDelete(1, 0));
  map.Store(1, 1);
  EXPECT_FALSE(map.CompareAndDelete(1, 0));
  EXPECT_TRUE(map.CompareAndDelete(1, 1));
  EXPECT_EQ(map.Load(1), std::nullopt);
}

TEST(SyncMap, ClearDeletesAll) {
  Map<int, int> map;
  for (int i = 0; i < 100; ++i) map.Store(i, i);
  map.Clear();
  map.Range([](int, int) { ADD_FAILURE(); });
}

TEST(SyncMapRange, VisitsEachKeyOnce) {
  Map<int, int> map;
  for (int i = 0; i < 1000; ++i) map.Store(i, 2 * i);
  std::set<int> seen;
  map.Range([&](int key, int value) {
    EXPECT_EQ(value, 2 * key);
    EXPECT_TRUE(seen.insert(key).second);
  });
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(SyncMapRange, EndsWhenTheFunctionSaysFalse) {
  Map<int, int> map;
  for (int i = 0; i < 100; ++i) map.Store(i, i);
  int calls = 0;
  map.Range([&](int, int) { return ++calls < 3; });
  EXPECT_EQ(calls, 3);
}

TEST(SyncMapRange, TheFunctionMayUseTheMap) {
  Map<int, int> map;
  for (int i = 0; i < 100; ++i) map.Store(i, i);
  int calls = 0;
  map.Range([&](int key, int) {
    ++calls;
    map.Delete(key);
    map.Delete(99 - key);  // those not visited yet are not any more
    map.Range([](int, int) { return false; });
  });
  EXPECT_EQ(calls, 50);
}

// A destructor is the user's: it may use the map.
TEST(SyncMap, DestroysValuesOutsideOfItsLocks) {
  struct Value {
    Map<int, std::shared_ptr<Value>>* map;
    ~Value() { map->Store(0, nullptr); }
  };
  Map<int, std::shared_ptr<Value>> map;
  const auto make = [&] { return std::make_shared<Value>(Value{&map}); };
  map.Store(0, make());
  map.Store(0, make());
  map.Delete(0);
  map.Store(0, make());
  map.Clear();
  auto last = make();
  map.Store(0, last);
  Value* const raw = last.get();
  last.reset();
  EXPECT_EQ(map.Load(0)->get(), raw);
  EXPECT_TRUE(map.CompareAndSwap(0, map.Load(0).value(), nullptr));
}

TEST(SyncMapStress, EachKeyIsStoredByOneOnly) {
  muster::Run([] {
    constexpr int kKeys = 200;
    Map<int, int> map;
    std::atomic<int> stored{0};
    WaitGroup wg;
    for (int g = 0; g < 8; ++g) {
      wg.Go([&, g] {
        for (int key = 0; key < kKeys; ++key) {
          if (!map.LoadOrStore(key, g).loaded) ++stored;
          if (key % 16 == 0) runtime::Gosched();
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(stored, kKeys);
  });
}

TEST(SyncMapStress, CompareAndSwapCountsWithoutLoss) {
  muster::Run([] {
    Map<std::string, int> map;
    map.Store("count", 0);
    WaitGroup wg;
    for (int g = 0; g < 4; ++g) {
      wg.Go([&] {
        for (int i = 0; i < 100; ++i) {
          for (bool done = false; !done;) {
            const int old = *map.Load("count");
            done = map.CompareAndSwap("count", old, old + 1);
          }
        }
      });
    }
    wg.Wait();
    EXPECT_EQ(map.Load("count"), 400);
  });
}

}  // namespace
}  // namespace muster::sync
