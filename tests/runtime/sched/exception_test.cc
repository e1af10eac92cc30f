// C++ exceptions and errno belong to a goroutine, not to the thread that happens to run it.
#include <errno.h>
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <string>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster {
namespace {

TEST(Exceptions, AreCaughtInTheGoroutineThatThrows) {
  muster::Run([] {
    auto caught = MakeChan<std::string>();
    Go([caught] {
      try {
        throw std::runtime_error("inside");
      } catch (const std::exception& e) {
        caught.Send(e.what());
      }
    });
    EXPECT_EQ(caught.Recv(), "inside");
  });
}

// Two goroutines are inside catch blocks at once and take turns: each must find its own exception,
// on whatever thread it resumes.
TEST(Exceptions, SurviveParkingInsideACatchBlock) {
  muster::Run([] {
    constexpr int kGoroutines = 16;
    constexpr int kRounds = 200;
    WaitGroup all;
    std::atomic<int> wrong{0};
    for (int i = 0; i < kGoroutines; ++i) {
      all.Add(1);
      Go([&, i] {
        for (int round = 0; round < kRounds; ++round) {
          const std::string text = std::to_string(i) + "/" + std::to_string(round);
          try {
            throw std::runtime_error(text);
          } catch (...) {
            runtime::Gosched();
            try {
              throw;  // the one that is being handled here, not another goroutine's
            } catch (const std::exception& e) {
              runtime::Gosched();
              if (e.what() != text) ++wrong;
            }
          }
        }
        all.Done();
      });
    }
    all.Wait();
    EXPECT_EQ(wrong, 0);
  });
}

TEST(Exceptions, NestParkAndRethrow) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    Go([chan] {
      for (int i = 0; i < 100; ++i) chan.Send(i);
    });
    for (int i = 0; i < 100; ++i) {
      try {
        try {
          throw i;
        } catch (int outer) {
          EXPECT_EQ(chan.Recv(), i);
          try {
            throw std::string("inner");
          } catch (const std::string&) {
            runtime::Gosched();
          }
          EXPECT_EQ(outer, i);
          throw;
        }
      } catch (int again) {
        EXPECT_EQ(again, i);
      }
    }
  });
}

// A destructor that parks while an exception passes through it.
TEST(Exceptions, UncaughtCountBelongsToTheGoroutine) {
  muster::Run([] {
    struct Parks {
      int* in_flight;
      ~Parks() {
        runtime::Gosched();
        *in_flight = std::uncaught_exceptions();
      }
    };
    WaitGroup all;
    std::atomic<int> wrong{0};
    for (int i = 0; i < 8; ++i) {
      all.Add(1);
      Go([&] {
        for (int round = 0; round < 200; ++round) {
          int in_flight = -1;
          try {
            Parks parks{&in_flight};
            throw 1;
          } catch (int) {
          }
          if (in_flight != 1 || std::uncaught_exceptions() != 0) ++wrong;
        }
        all.Done();
      });
    }
    all.Wait();
    EXPECT_EQ(wrong, 0);
  });
}

// Read through a call: compilers may keep errno's address over a switch, in user code as anywhere.
// Not instrumented: to TSan the errno of a thread is one variable that many goroutines write.
__attribute__((noinline, no_sanitize("thread"))) int ReadErrno() {
  __asm__ volatile("" ::: "memory");
  return errno;
}
__attribute__((noinline, no_sanitize("thread"))) void WriteErrno(int value) {
  errno = value;
  __asm__ volatile("" ::: "memory");
}

TEST(Errno, BelongsToTheGoroutine) {
  muster::Run([] {
    WaitGroup all;
    std::atomic<int> wrong{0};
    for (int i = 1; i <= 8; ++i) {
      all.Add(1);
      Go([&, i] {
        for (int round = 0; round < 200; ++round) {
          WriteErrno(i);
          runtime::Gosched();
          if (ReadErrno() != i) ++wrong;
        }
        all.Done();
      });
    }
    all.Wait();
    EXPECT_EQ(wrong, 0);
  });
}

}  // namespace
}  // namespace muster
