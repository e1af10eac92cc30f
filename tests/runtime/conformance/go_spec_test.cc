// The Go Programming Language Specification on go statements, on the end of a program, and on
// panics. Each test names the section and says the rule in our own words.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/conformance/blocked.h"
#include "tests/runtime/death.h"

namespace muster {
namespace {

// Go statements: the call runs in a goroutine of its own, in the same address space.
TEST(GoStatements, RunTheCallInAnotherGoroutine) {
  muster::Run([] {
    auto id = MakeChan<uint64_t>();
    Go([id] { id.Send(runtime::GoroutineId()); });
    EXPECT_NE(id.Recv(), runtime::GoroutineId());
  });
}

// Go statements: function and arguments are evaluated in the calling goroutine, before it goes on.
TEST(GoStatements, EvaluateTheirArgumentsInTheCaller) {
  muster::Run([] {
    auto got = MakeChan<int>();
    int value = 1;
    const auto evaluated_in = [] { return runtime::GoroutineId(); };
    Go([got](int v, uint64_t id) { got.Send(id == runtime::GoroutineId() ? -1 : v); }, value,
       evaluated_in());
    value = 2;
    EXPECT_EQ(got.Recv(), 1);
  });
}

// Go statements: the caller does not wait for the call to complete.
TEST(GoStatements, DoNotWaitForTheCall) {
  muster::Run([] {
    auto go_on = MakeChan<int>();
    auto done = MakeChan<int>();
    Go([=] {
      go_on.Recv();
      done.Send(1);
    });
    go_on.Send(1);  // would be a deadlock if Go had waited
    EXPECT_EQ(done.Recv(), 1);
  });
}

// Go statements: when the function ends, so does its goroutine; what it returns is dropped.
TEST(GoStatements, EndWithTheFunctionAndDropItsResult) {
  muster::Run([] {
    auto id = MakeChan<uint64_t>(1);
    Go([id] {
      id.Send(runtime::GoroutineId());
      return std::string("nobody gets this");
    });
    const uint64_t ended = *id.Recv();
    testing::WaitUntil([ended](const record::Snapshot& snapshot) {
      return std::none_of(snapshot.goroutines.begin(), snapshot.goroutines.end(),
                          [ended](const record::Goroutine& g) { return g.id == ended; });
    });
  });
}

// Program execution: when the main function returns, the program does not wait for others.
TEST(ProgramExecution, DoesNotWaitForOtherGoroutines) {
  std::atomic<bool> ended{false};
  muster::Run([&] {
    testing::GoAndBlock(record::WaitReason::kChanReceive, [&] {
      MakeChan<int>().Recv();
      ended = true;
    });
  });
  EXPECT_FALSE(ended);
}

using HandlingPanicsDeath = testing::Death;

// Handling panics: a panic that reaches the outermost function of any goroutine ends the program,
// and reports what was panicked with.
TEST_F(HandlingPanicsDeath, AnUnrecoveredPanicOfAnyGoroutineEndsTheProgram) {
  EXPECT_EXIT(muster::Run([] {
                Go([] { throw std::runtime_error("unrecovered"); });
                for (;;) runtime::Gosched();
              }),
              ::testing::ExitedWithCode(2), "panic: std::runtime_error: unrecovered");
}

// Handling panics: a recovered panic stops there; the function that recovered returns normally.
TEST(HandlingPanics, ARecoveredPanicGoesNoFurther) {
  muster::Run([] {
    auto result = MakeChan<std::string>();
    Go([result] {
      const auto safely = []() -> std::string {
        try {
          Chan<int>().Close();
        } catch (const Panic& recovered) {
          return recovered.words();
        }
        return "";
      };
      result.Send(safely());
    });
    EXPECT_EQ(result.Recv(), "close of nil channel");
  });
}

// Handling panics: deferred calls run while a panic goes up the stack, last deferred first.
TEST(HandlingPanics, DeferredCallsRunOnTheWay) {
  muster::Run([] {
    std::string order;
    struct Deferred {
      std::string* order;
      char mark;
      ~Deferred() { *order += mark; }
    };
    try {
      const Deferred outer{&order, '1'};
      const Deferred inner{&order, '2'};
      throw std::runtime_error("panic");
    } catch (const std::exception&) {
      order += 'r';
    }
    EXPECT_EQ(order, "21r");
  });
}

}  // namespace
}  // namespace muster
