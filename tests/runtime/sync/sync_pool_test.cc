// sync::Pool, against what Go's documentation of sync.Pool says.
#include "muster/sync_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <utility>

#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster::sync {
namespace {

struct Counted {
  explicit Counted(std::atomic<int>* alive) : alive_(alive) { ++*alive_; }
  ~Counted() { --*alive_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<int>* alive_;
};

TEST(SyncPool, GetGivesWhatWasPut) {
  muster::Run([] {
    Pool<int> pool;
    auto object = std::make_unique<int>(7);
    const int* const address = object.get();
    pool.Put(std::move(object));
    object = pool.Get();
    EXPECT_EQ(object.get(), address);
    EXPECT_EQ(pool.Get(), nullptr);
  });
}

TEST(SyncPool, GetMakesOneWhenThereIsNone) {
  int made = 0;
  Pool<int> pool([&] { return std::make_unique<int>(++made); });
  auto object = pool.Get();
  EXPECT_EQ(*object, 1);
  pool.Put(std::move(object));
  EXPECT_EQ(*pool.Get(), 1);
  EXPECT_EQ(made, 1);
}

TEST(SyncPool, PutOfNullIsNothing) {
  Pool<int> pool;
  pool.Put(nullptr);
  EXPECT_EQ(pool.Get(), nullptr);
}

TEST(SyncPool, DestroysWhatItHasAtItsEndAndOnClear) {
  std::atomic<int> alive{0};
  {
    Pool<Counted> pool;
    pool.Put(std::make_unique<Counted>(&alive));
    pool.Clear();
    EXPECT_EQ(alive, 0);
    pool.Put(std::make_unique<Counted>(&alive));
  }
  EXPECT_EQ(alive, 0);
}

// What one P's goroutines have put there, those of another may take.
TEST(SyncPool, WhatIsInAnotherCacheIsTaken) {
  muster::Run([] {
    Pool<int> pool;
    std::atomic<int> putting{8};
    WaitGroup wg;
    for (int i = 0; i < 8; ++i) {
      wg.Go([&, i] {
        pool.Put(std::make_unique<int>(i));
        --putting;
        while (putting > 0) runtime::Gosched();
      });
    }
    wg.Wait();
    std::set<int> got;
    while (const auto object = pool.Get()) got.insert(*object);
    EXPECT_EQ(got.size(), 8u);
  });
}

constexpr int64_t kSecond = 1'000'000'000;

// The core's clock is the caller's. On a thread without a P every call is to the same cache.
class SyncPoolAge : public ::testing::Test {
 protected:
  void Put(int64_t now_s) {
    ++alive_;
    core_.PutAt(&alive_, now_s * kSecond);
  }
  bool Get(int64_t now_s) {
    const bool got = core_.GetAt(now_s * kSecond) != nullptr;
    alive_ -= got ? 1 : 0;
    return got;
  }
  static inline int alive_ = 0;
  internal::PoolCore core_{[](void* object) { --*static_cast<int*>(object); }};
};

TEST_F(SyncPoolAge, AnObjectSurvivesOnePeriodAndNotTwo) {
  alive_ = 0;
  Put(100);
  Put(100);
  EXPECT_TRUE(Get(111));  // it is old by now, and can be had
  EXPECT_EQ(alive_, 1);
  EXPECT_FALSE(Get(122));
  EXPECT_EQ(alive_, 0);
}

TEST_F(SyncPoolAge, NothingOldIsKeptByAPoolThatWasNotUsed) {
  alive_ = 0;
  Put(100);
  EXPECT_FALSE(Get(1000));
  EXPECT_EQ(alive_, 0);
}

TEST_F(SyncPoolAge, WhatIsUsedAllTheTimeStays) {
  alive_ = 0;
  for (int64_t now = 100; now < 200; now += 5) {
    Put(now);
    EXPECT_TRUE(Get(now + 1));
  }
  EXPECT_EQ(alive_, 0);
}

TEST_F(SyncPoolAge, ACacheHoldsABoundedNumber) {
  alive_ = 0;
  for (int i = 0; i < 2000; ++i) Put(100);
  EXPECT_EQ(alive_, 1024);
}

TEST(SyncPoolStress, NoObjectIsGivenToTwo) {
  muster::Run([] {
    struct Object {
      std::atomic<bool> used{false};
    };
    Pool<Object> pool([] { return std::make_unique<Object>(); });
    WaitGroup wg;
    for (int g = 0; g < 16; ++g) {
      wg.Go([&] {
        for (int i = 0; i < 100; ++i) {
          auto object = pool.Get();
          EXPECT_FALSE(object->used.exchange(true));
          if (i % 4 == 0) runtime::Gosched();
          object->used = false;
          pool.Put(std::move(object));
        }
      });
    }
    wg.Wait();
  });
}

}  // namespace
}  // namespace muster::sync
