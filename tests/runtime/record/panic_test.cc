// An exception that leaves a goroutine ends the process as Go's panic does.
#include "muster/panic.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/hooks.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/time.h"
#include "tests/runtime/death.h"

// Not in namespace muster, whose frames reports leave out.
namespace {

__attribute__((noinline)) void ThrowsDeep(int depth) {
  if (depth == 0) throw std::runtime_error("boom");
  ThrowsDeep(depth - 1);
  asm volatile("");
}

// Compilers warn of a destructor that always throws, and make of it a call of std::terminate.
volatile bool g_throws = true;
__attribute__((noinline)) void ThrowFromDestructor() {
  if (g_throws) throw std::runtime_error("in the destructor");
}

struct Throws {
  __attribute__((noinline)) ~Throws() { ThrowFromDestructor(); }
};

__attribute__((noinline)) void ThrowsWhileUnwinding() {
  const Throws throws;
  throw std::runtime_error("on the way");
}

}  // namespace

namespace muster {
namespace {

using ::testing::ExitedWithCode;
using ::testing::KilledBySignal;

using PanicDeath = testing::Death;

TEST_F(PanicDeath, NamesTypeTextTheStackOfTheThrowAndTheCreator) {
  EXPECT_EXIT(muster::Run([] {
                Go([] { ThrowsDeep(3); });
                MakeChan<int>().Recv();
              }),
              ExitedWithCode(2),
              "panic: std::runtime_error: boom\n\ngoroutine [0-9]+ \\[running\\]:\n"
              "(.*ThrowsDeep.*\n.*\n){4}(.|\n)*created by (.|\n)*in goroutine 1\n");
}

TEST_F(PanicDeath, SaysGosWordsForMisuse) {
  EXPECT_EXIT(muster::Run([] {
                auto chan = MakeChan<int>();
                chan.Close();
                chan.Send(1);
              }),
              ExitedWithCode(2), "panic: send on closed channel");
}

TEST_F(PanicDeath, PrintsTextsAndNumbersThatWereThrown) {
  EXPECT_EXIT(muster::Run([] { throw "a literal"; }), ExitedWithCode(2), "panic: a literal\n\n");
  EXPECT_EXIT(muster::Run([] { throw std::string("a string"); }), ExitedWithCode(2),
              "panic: a string\n\n");
  EXPECT_EXIT(muster::Run([] { throw 42; }), ExitedWithCode(2), "panic: int\\(42\\)\n\n");
}

struct Odd {};

TEST_F(PanicDeath, NamesTheTypeOfWhatElseWasThrown) {
  EXPECT_EXIT(muster::Run([] { throw Odd{}; }), ExitedWithCode(2),
              "panic: an exception of type muster::(.*)Odd\n\ngoroutine 1 \\[running\\]:");
}

TEST_F(PanicDeath, IndentsTheLaterLinesOfAText) {
  EXPECT_EXIT(muster::Run([] { throw std::string("one\ntwo\nthree"); }), ExitedWithCode(2),
              "panic: one\n\ttwo\n\tthree\n\n");
}

TEST_F(PanicDeath, InAHandlerShowsWhatWasBeingHandled) {
  EXPECT_EXIT(muster::Run([] {
                try {
                  throw std::runtime_error("first");
                } catch (const std::exception&) {
                  try {
                    throw std::runtime_error("second");
                  } catch (const std::exception&) {
                    throw std::runtime_error("third");
                  }
                }
              }),
              ExitedWithCode(2),
              "panic: std::runtime_error: first \\[recovered\\]\n"
              "\tpanic: std::runtime_error: second \\[recovered\\]\n"
              "\tpanic: std::runtime_error: third\n\n");
}

TEST_F(PanicDeath, ShowsNestedExceptionsOnceEach) {
  EXPECT_EXIT(muster::Run([] {
                std::exception_ptr kept;
                try {
                  try {
                    throw std::runtime_error("cause");
                  } catch (const std::exception&) {
                    std::throw_with_nested(std::runtime_error("effect"));
                  }
                } catch (...) {
                  kept = std::current_exception();
                }
                std::rethrow_exception(kept);
              }),
              ExitedWithCode(2),
              "^panic: std::runtime_error: cause \\[recovered\\]\n"
              "\tpanic: .*std::runtime_error.*: effect\n\n");
}

TEST_F(PanicDeath, RethrownIsToldOnce) {
  EXPECT_EXIT(muster::Run([] {
                try {
                  throw std::runtime_error("again");
                } catch (...) {
                  throw;
                }
              }),
              ExitedWithCode(2), "^panic: std::runtime_error: again\n\ngoroutine 1");
}

TEST_F(PanicDeath, InADestructorTellsThatTheStackWasBeingUnwound) {
  EXPECT_EXIT(muster::Run([] {
                Go([] {
                  try {
                    ThrowsWhileUnwinding();
                  } catch (const std::exception&) {
                  }
                });
                MakeChan<int>().Recv();
              }),
              ExitedWithCode(2),
              "panic: an exception that was unwinding the stack when this one was thrown\n"
              "\tpanic: std::runtime_error: in the destructor\n\n"
              "goroutine [0-9]+ \\[running\\]:(.|\n)*ThrowsWhileUnwinding(.|\n)*created by");
}

TEST_F(PanicDeath, NamesTheGoroutineOfATerminateWithoutException) {
  EXPECT_EXIT(muster::Run([] { std::terminate(); }), ExitedWithCode(2),
              "panic: std::terminate called without an exception\n\ngoroutine 1 ");
}

TEST_F(PanicDeath, OfOneGoroutineIsToldOnceWhileOthersPanicToo) {
  EXPECT_EXIT(muster::Run([] {
                for (int i = 0; i < 50; ++i) {
                  Go([] {
                    runtime::Gosched();
                    throw std::runtime_error("one of many");
                  });
                }
                for (;;) runtime::Gosched();
              }),
              ExitedWithCode(2),
              "^panic: std::runtime_error: one of many\n\ngoroutine [0-9]+ \\[running\\]:\n"
              "([^:]|:[^ ])*$");  // no other "panic: "
}

TEST_F(PanicDeath, OfAForeignThreadIsLeftToCppsOwnEnd) {
  EXPECT_EXIT(
      {
        muster::Run([] {});
        std::thread([] { throw std::runtime_error("not ours"); }).join();
      },
      KilledBySignal(SIGABRT), "not ours");
}

// ---- MUSTER_TRACEBACK

class TracebackDeath : public testing::Death {
 protected:
  // Panics while another goroutine waits. Only the child sees the variable.
  static void PanicAt(const char* level) {
    setenv("MUSTER_TRACEBACK", level, 1);
    muster::Run([] {
      auto never = MakeChan<int>();
      Go([never] { never.Recv(); });
      runtime::Gosched();
      time::Sleep(absl::Milliseconds(1));
      throw std::runtime_error("boom");
    });
  }
};

TEST_F(TracebackDeath, NonePrintsNoStack) {
  EXPECT_EXIT(PanicAt("none"), ExitedWithCode(2), "^panic: std::runtime_error: boom\n$");
}

TEST_F(TracebackDeath, SinglePrintsTheGoroutineThatFailed) {
  EXPECT_EXIT(PanicAt("single"), ExitedWithCode(2),
              "goroutine 1 \\[running\\]:\n([^[]|\\[[^c])*$");  // no "[chan receive]"
}

TEST_F(TracebackDeath, AllPrintsTheOthersToo) {
  EXPECT_EXIT(PanicAt("all"), ExitedWithCode(2),
              "goroutine 1 \\[running\\]:\n(.|\n)*"
              "\ngoroutine [0-9]+ \\[chan receive\\]:\n(.|\n)*created by");
}

TEST_F(TracebackDeath, SystemPrintsTheRuntimesFrames) {
  EXPECT_EXIT(PanicAt("system"), ExitedWithCode(2),
              "goroutine 1 \\[running\\]:\n(.|\n)*std::terminate(.|\n)*"
              "\\[chan receive\\]:\n(.|\n)*muster::sched::");
}

TEST_F(TracebackDeath, CrashDiesByASignalForACore) {
  EXPECT_EXIT(PanicAt("crash"), KilledBySignal(SIGABRT),
              "panic: std::runtime_error: boom\n\ngoroutine 1(.|\n)*\\[chan receive\\]");
}

TEST_F(TracebackDeath, AnUnknownLevelIsComplainedOfAndIgnored) {
  EXPECT_EXIT(PanicAt("loud"), ExitedWithCode(2),
              "MUSTER_TRACEBACK=loud is none of (.|\n)*panic: (.|\n)*goroutine 1");
}

TEST_F(TracebackDeath, ADeadlockShowsAllAtEveryLevelButNone) {
  const auto deadlock = [](const char* level) {
    setenv("MUSTER_TRACEBACK", level, 1);
    muster::Run([] {
      Go([] { Select(); });
      MakeChan<int>().Recv();
    });
  };
  EXPECT_EXIT(deadlock("single"), ExitedWithCode(2), "select \\(no cases\\)");
  EXPECT_EXIT(deadlock("none"), ExitedWithCode(2),
              "^fatal error: all goroutines are asleep - deadlock!\n$");
}

// ---- SetPanicHandler

TEST_F(PanicDeath, HandlerIsToldBehindTheReport) {
  EXPECT_EXIT(
      {
        runtime::SetPanicHandler([](const runtime::PanicInfo& info) {
          try {
            std::rethrow_exception(info.exception);
          } catch (const std::exception& e) {
            std::fprintf(stderr, "handler: goroutine %d: %s (%s)\n",
                         static_cast<int>(info.goroutine), info.what, e.what());
          }
        });
        muster::Run([] { throw std::runtime_error("boom"); });
      },
      ExitedWithCode(2),
      "goroutine 1 \\[running\\]:(.|\n)*handler: goroutine 1: std::runtime_error: boom \\(boom");
}

TEST_F(PanicDeath, HandlerThatThrowsEndsTheProcessAllTheSame) {
  EXPECT_EXIT(
      {
        runtime::SetPanicHandler([](const runtime::PanicInfo&) { throw 1; });
        muster::Run([] { throw std::runtime_error("boom"); });
      },
      ExitedWithCode(2), "boom(.|\n)*this report could not be completed");
}

TEST(PanicHandler, IsTheOneThatWasSetLast) {
  const runtime::PanicHandler handler = [](const runtime::PanicInfo&) {};
  EXPECT_EQ(runtime::SetPanicHandler(handler), nullptr);
  EXPECT_EQ(runtime::SetPanicHandler(nullptr), handler);
}

TEST_F(PanicDeath, ObserversAreTold) {
  static const hooks::Observers observers = {.on_panic = [](uint64_t id, const char* what) {
    std::fprintf(stderr, "observer: %d %s\n", static_cast<int>(id), what);
  }};
  EXPECT_EXIT(
      {
        hooks::Install(&observers);
        muster::Run([] { throw std::runtime_error("boom"); });
      },
      ExitedWithCode(2), "observer: 1 std::runtime_error: boom\n");
}

// Negative control: what is caught is nobody else's business.
TEST(Recover, IsCatch) {
  muster::Run([] {
    auto recovered = MakeChan<std::string>(1);
    Go([recovered] {
      try {
        Chan<int>().Close();
      } catch (const Panic& panic) {
        recovered.Send(panic.words());
      }
    });
    EXPECT_EQ(recovered.Recv(), "close of nil channel");
  });
}

}  // namespace
}  // namespace muster
