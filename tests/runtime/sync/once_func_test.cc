#include "muster/once_func.h"

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/sync/expect_panic.h"

namespace muster {
namespace {

using testing::ExpectPanic;

TEST(OnceFunc, CallsItsFunctionAtTheFirstCallOnly) {
  int calls = 0;
  const auto once = OnceFunc([&] { ++calls; });
  EXPECT_EQ(calls, 0);
  once();
  once();
  EXPECT_EQ(calls, 1);
}

TEST(OnceFunc, CopiesShareTheCall) {
  int calls = 0;
  const auto once = OnceFunc([&] { ++calls; });
  const auto copy = once;
  once();
  copy();
  EXPECT_EQ(calls, 1);
}

TEST(OnceFunc, ThrowsTheSameExceptionAtEveryCall) {
  int calls = 0;
  const auto once = OnceFunc([&] {
    ++calls;
    throw std::runtime_error("boom");
  });
  const std::exception* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    try {
      once();
      ADD_FAILURE() << "call " << i << " did not throw";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "boom");
      if (first == nullptr) first = &error;
      EXPECT_EQ(first, &error);
    }
  }
  EXPECT_EQ(calls, 1);
}

TEST(OnceFunc, PanicsAfterACallThatEndedByGoexit) {
  muster::Run([] {
    const auto once = OnceFunc([] { runtime::Goexit(); });
    bool came_back = false;
    WaitGroup group;
    group.Go([&] {
      once();
      came_back = true;
    });
    group.Wait();
    EXPECT_FALSE(came_back);
    ExpectPanic("sync: the function of OnceFunc called runtime.Goexit", once);
  });
}

TEST(OnceFunc, DestroysItsFunctionOnceItHasBeenCalled) {
  auto held = std::make_shared<int>(1);
  const auto returns = OnceFunc([held] {});
  const auto throws = OnceFunc([held] { throw std::runtime_error("boom"); });
  EXPECT_EQ(held.use_count(), 3);
  returns();
  EXPECT_EQ(held.use_count(), 2);
  EXPECT_THROW(throws(), std::runtime_error);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(OnceValue, GivesTheOneResultToAll) {
  int calls = 0;
  const auto value = OnceValue([&] { return std::string("result ") + std::to_string(++calls); });
  EXPECT_EQ(value(), "result 1");
  EXPECT_EQ(value(), "result 1");
}

TEST(OnceValue, ThrowsTheSameExceptionAtEveryCall) {
  const auto value = OnceValue([]() -> int { throw std::runtime_error("boom"); });
  EXPECT_THROW(value(), std::runtime_error);
  EXPECT_THROW(value(), std::runtime_error);
}

TEST(OnceValues, GivesAllResults) {
  int calls = 0;
  const auto values = OnceValues([&] { return std::pair(++calls, std::string("two")); });
  const auto [one, two] = values();
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, "two");
  EXPECT_EQ(values().first, 1);
}

// The result is plain memory: TSan objects if a call returns before the one call has ended.
TEST(OnceValueStress, CallersAtTheSameTimeMakeOneCall) {
  muster::Run([] {
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> calls{0};
      const auto value = OnceValue([&] {
        ++calls;
        runtime::Gosched();
        return std::string("computed");
      });
      WaitGroup group;
      for (int i = 0; i < 20; ++i) {
        group.Go([&] { EXPECT_EQ(value(), "computed"); });
      }
      group.Wait();
      EXPECT_EQ(calls, 1);
    }
  });
}

}  // namespace
}  // namespace muster
