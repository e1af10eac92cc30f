// runtime/pprof's labels: those of contexts, and of the goroutines that wear them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <type_traits>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/pprof.h"
#include "muster/record.h"
#include "muster/runtime.h"

namespace muster::pprof {
namespace {

using Pairs = LabelSet::Pairs;
using context::Background;
using context::Context;
using ::testing::ElementsAre;

template <typename... Texts>
concept CanLabel = requires(Texts... texts) {
  Labels(texts...);
};

TEST(PprofLabels, NeedAValueForEachKey) {
  EXPECT_TRUE((CanLabel<const char*, std::string>));
  EXPECT_FALSE((CanLabel<const char*, std::string, const char*>));
}

TEST(PprofLabels, AreSortedAndTheLastOfEqualKeysCounts) {
  EXPECT_EQ(Labels("b", "2", "a", "1").pairs(), Pairs({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(Labels("a", "1", "b", "2", "a", "3", "a", "4").pairs(),
            Pairs({{"a", "4"}, {"b", "2"}}));
  EXPECT_EQ(Labels().pairs(), Pairs());
  EXPECT_EQ(Labels("empty", "").pairs(), Pairs({{"empty", ""}}));
}

TEST(PprofWithLabels, AddsToThoseOfTheParentAndOverridesThem) {
  const Context outer = WithLabels(Background(), Labels("a", "1", "b", "2"));
  const Context inner = WithLabels(outer, Labels("b", "3", "c", "4"));
  EXPECT_EQ(Label(inner, "a"), "1");
  EXPECT_EQ(Label(inner, "b"), "3");
  EXPECT_EQ(Label(inner, "c"), "4");
  EXPECT_EQ(Label(outer, "b"), "2");
}

TEST(PprofLabel, IsNoneThatTheContextDoesNotHave) {
  EXPECT_EQ(Label(Background(), "a"), std::nullopt);
  EXPECT_EQ(Label(WithLabels(Background(), Labels("a", "")), "a"), "");
  EXPECT_EQ(Label(WithLabels(Background(), Labels("a", "1")), "b"), std::nullopt);
}

TEST(PprofForLabels, GoesByKeyUntilItIsToldToStop) {
  const Context ctx = WithLabels(Background(), Labels("b", "2", "c", "3", "a", "1"));
  std::vector<std::string> seen;
  ForLabels(ctx, [&](const std::string& key, const std::string& value) {
    seen.push_back(key + value);
    return key != "b";
  });
  EXPECT_THAT(seen, ElementsAre("a1", "b2"));
}

TEST(PprofSetGoroutineLabels, ReplacesAllOfThem) {
  muster::Run([] {
    runtime::SetLabel("own", "1");
    SetGoroutineLabels(WithLabels(Background(), Labels("a", "1")));
    EXPECT_EQ(runtime::Labels(), Pairs({{"a", "1"}}));
    SetGoroutineLabels(Background());
    EXPECT_EQ(runtime::Labels(), Pairs());
  });
}

TEST(PprofSetGoroutineLabels, ShowsInTheRecord) {
  muster::Run([] {
    SetGoroutineLabels(WithLabels(Background(), Labels("request", "42", "empty", "")));
    for (const record::Goroutine& g : record::Capture().goroutines) {
      if (g.id != runtime::GoroutineId()) continue;
      EXPECT_EQ(Pairs(g.labels.begin(), g.labels.end()), Pairs({{"empty", ""}, {"request", "42"}}));
    }
  });
}

TEST(PprofDo, LabelsTheGoroutineAndThoseItStarts) {
  muster::Run([] {
    auto child = MakeChan<Pairs>(1);
    Do(Background(), Labels("a", "1"), [&](const Context& ctx) {
      EXPECT_EQ(Label(ctx, "a"), "1");
      EXPECT_EQ(runtime::Labels(), Pairs({{"a", "1"}}));
      Go([child] { child.Send(runtime::Labels()); });
    });
    EXPECT_EQ(runtime::Labels(), Pairs());
    EXPECT_EQ(*child.Recv(), Pairs({{"a", "1"}}));
  });
}

TEST(PprofDo, NestsByItsContexts) {
  muster::Run([] {
    Do(Background(), Labels("a", "1"), [](const Context& outer) {
      Do(outer, Labels("b", "2"), [](const Context&) {
        EXPECT_EQ(runtime::Labels(), Pairs({{"a", "1"}, {"b", "2"}}));
      });
      EXPECT_EQ(runtime::Labels(), Pairs({{"a", "1"}}));
    });
  });
}

TEST(PprofDo, LeavesTheLabelsOfTheContextItWasGiven) {
  muster::Run([] {
    runtime::SetLabel("own", "1");
    const Context ctx = WithLabels(Background(), Labels("a", "1"));
    Do(ctx, Labels("b", "2"), [](const Context&) {});
    EXPECT_EQ(runtime::Labels(), Pairs({{"a", "1"}})) << "as in Go, not what there was before";
  });
}

TEST(PprofDo, RestoresWhenTheFunctionThrows) {
  muster::Run([] {
    EXPECT_THROW(
        Do(Background(), Labels("a", "1"), [](const Context&) { throw std::runtime_error("no"); }),
        std::runtime_error);
    EXPECT_EQ(runtime::Labels(), Pairs());
  });
}

TEST(PprofDo, WorksOnThreadsOutsideTheRuntime) {
  std::thread thread([] {
    Do(Background(), Labels("a", "1"), [](const Context&) {
      EXPECT_EQ(runtime::Labels(), Pairs({{"a", "1"}}));
    });
    EXPECT_EQ(runtime::Labels(), Pairs());
  });
  thread.join();
}

}  // namespace
}  // namespace muster::pprof
