// runtime.Goexit: it ends the goroutine that calls it, after its destructors, and nothing else.
#include <cxxabi.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "tests/runtime/death.h"

namespace muster {
namespace {

using ::testing::ExitedWithCode;

// Sends `value` at the end of a scope.
struct AtEnd {
  Chan<std::string> chan;
  const char* value;
  ~AtEnd() { chan.Send(value); }
};

__attribute__((noinline)) void ExitInside(const Chan<std::string>& chan) {
  AtEnd inner{chan, "inner"};
  runtime::Goexit();
}

TEST(Goexit, RunsTheDestructorsOfAllFramesInnermostFirst) {
  muster::Run([] {
    auto chan = MakeChan<std::string>(3);
    Go([chan] {
      AtEnd outer{chan, "outer"};
      ExitInside(chan);
      chan.Send("not reached");
    });
    EXPECT_EQ(chan.Recv(), "inner");
    EXPECT_EQ(chan.Recv(), "outer");
    EXPECT_EQ(chan.Len(), 0u);
  });
}

TEST(Goexit, DestroysTheClosure) {
  muster::Run([] {
    auto shared = std::make_shared<int>(7);
    std::weak_ptr<int> weak = shared;
    WaitGroup done;
    done.Go([shared = std::move(shared)] { runtime::Goexit(); });
    done.Wait();
    // The closure is destroyed behind the call of Done.
    while (!weak.expired()) runtime::Gosched();
  });
}

TEST(Goexit, DestructorsMayParkOnTheWay) {
  muster::Run([] {
    auto chan = MakeChan<std::string>();
    for (int i = 0; i < 100; ++i) {
      Go([chan] {
        AtEnd at_end{chan, "parked"};
        runtime::Goexit();
      });
    }
    for (int i = 0; i < 100; ++i) EXPECT_EQ(chan.Recv(), "parked");
  });
}

TEST(Goexit, IsNoExceptionToHandlersOfExceptions) {
  muster::Run([] {
    std::atomic<bool> caught{false};
    WaitGroup done;
    done.Go([&] {
      try {
        runtime::Goexit();
      } catch (const std::exception&) {
        caught = true;
      } catch (int) {
        caught = true;
      }
    });
    done.Wait();
    EXPECT_FALSE(caught);
  });
}

// The C++ library makes a null reference of the exception that there is none of, and UBSan says so.
__attribute__((noinline, no_sanitize("undefined"))) void RethrowTwice(std::atomic<int>* handlers) {
  try {
    try {
      runtime::Goexit();
    } catch (...) {
      // Nothing that could be kept and thrown again elsewhere.
      if (std::current_exception() == nullptr) ++*handlers;
      throw;
    }
  } catch (const abi::__forced_unwind&) {
    ++*handlers;
    throw;
  }
}

TEST(Goexit, GoesOnWhenCatchAllRethrowsIt) {
  muster::Run([] {
    std::atomic<int> handlers{0};
    std::atomic<bool> after{false};
    WaitGroup done;
    done.Go([&] {
      RethrowTwice(&handlers);
      after = true;
    });
    done.Wait();
    EXPECT_EQ(handlers, 2);
    EXPECT_FALSE(after);
  });
}

TEST(Goexit, MayBeCalledWhileAnExceptionIsHandled) {
  muster::Run([] {
    for (int i = 0; i < 100; ++i) {
      WaitGroup done;
      done.Go([] {
        try {
          throw std::runtime_error("handled");
        } catch (const std::exception&) {
          runtime::Goexit();
        }
      });
      done.Wait();
      // The next goroutine on that stack has no exception under way.
      done.Go([] { EXPECT_EQ(std::current_exception(), nullptr); });
      done.Wait();
    }
  });
}

TEST(Goexit, ExceptionsMayBeThrownAndCaughtOnTheWay) {
  muster::Run([] {
    auto chan = MakeChan<std::string>(1);
    Go([chan] {
      struct ThrowsInside {
        Chan<std::string> chan;
        ~ThrowsInside() {
          try {
            throw std::runtime_error("within");
          } catch (const std::exception& e) {
            chan.Send(e.what());
          }
        }
      } throws{chan};
      runtime::Goexit();
    });
    EXPECT_EQ(chan.Recv(), "within");
  });
}

TEST(Goexit, OnAForeignThreadPanics) { EXPECT_THROW(runtime::Goexit(), Panic); }

using GoexitDeath = testing::Death;

TEST_F(GoexitDeath, SwallowedByCatchAllIsFatalOnTheSpot) {
  EXPECT_EXIT(muster::Run([] {
                Go([] {
                  try {
                    runtime::Goexit();
                  } catch (...) {
                  }
                });
                MakeChan<int>().Recv();
              }),
              ExitedWithCode(2),
              "fatal error: runtime.Goexit was caught by a catch \\(...\\) that did not rethrow "
              "it\n\ngoroutine [0-9]+ \\[running\\]:(.|\n)*created by");
}

TEST_F(GoexitDeath, ThroughNoexceptIsNamed) {
  EXPECT_EXIT(muster::Run([] { []() noexcept { runtime::Goexit(); }(); }), ExitedWithCode(2),
              "panic: runtime.Goexit in, or called by, a function that is noexcept\n\n"
              "goroutine 1 \\[running\\]:");
}

TEST_F(GoexitDeath, OfMainLetsTheOthersRunAndThenSaysThatThereAreNone) {
  EXPECT_EXIT(muster::Run([] {
                Go([] {
                  for (int i = 0; i < 100; ++i) runtime::Gosched();
                  std::fprintf(stderr, "the other one is done\n");
                });
                runtime::Goexit();
              }),
              ExitedWithCode(2),
              "the other one is done\nfatal error: no goroutines \\(main called "
              "runtime.Goexit\\) - deadlock!\n");
}

TEST_F(GoexitDeath, OfMainWithAValueDoesNotReturnEither) {
  EXPECT_EXIT(muster::Run([]() -> int { runtime::Goexit(); }), ExitedWithCode(2),
              "no goroutines \\(main called runtime.Goexit\\) - deadlock!");
}

TEST_F(GoexitDeath, OfMainWhileOthersAreStuckIsAnOrdinaryDeadlock) {
  EXPECT_EXIT(muster::Run([] {
                Go([] { MakeChan<int>().Recv(); });
                runtime::Goexit();
              }),
              ExitedWithCode(2), "all goroutines are asleep - deadlock!");
}

}  // namespace
}  // namespace muster
