// Errors on goroutines' stacks as AddressSanitizer, LeakSanitizer and UBSan report them.
#include <gtest/gtest.h>
#include <sanitizer/lsan_interface.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "muster/muster.h"
#include "tests/runtime/death.h"

namespace muster {
namespace {

using AsanDeath = testing::Death;

// Hides from the compiler what it could warn of or leave out.
template <typename T>
T* Hide(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

// Runs `f` in a goroutine that has parked before, and so come back to its stack.
template <typename F>
void InAGoroutine(F f) {
  muster::Run([&] {
    const auto turn = MakeChan<int>();
    WaitGroup done;
    done.Go([&, turn] {
      turn.Recv();
      f();
    });
    turn.Send(1);
    done.Wait();
  });
}

__attribute__((noinline)) void WriteBeyondTheArray() {
  std::array<char, 16> array{};
  Hide(array.data())[16] = 1;
}

__attribute__((noinline)) void WriteToWhatIsOutOfScope() {
  int* gone = nullptr;
  {
    int scoped = 1;
    gone = Hide(&scoped);
  }
  *Hide(gone) = 2;
}

// Not by Hide: what has inline assembly in it keeps its variables on the real stack.
int* volatile g_hidden = nullptr;
__attribute__((noinline)) int* AddressOfALocal() {
  int local = 1;
  g_hidden = &local;
  return g_hidden;
}
__attribute__((noinline)) void WriteToWhatHasReturned() { *Hide(AddressOfALocal()) = 2; }

TEST_F(AsanDeath, ReportsAnOverflowOnAGoroutinesStack) {
  EXPECT_DEATH(
      InAGoroutine(WriteBeyondTheArray),
      "stack-buffer-overflow(.|\n)*WRITE of size 1(.|\n)*#0(.|\n)*WriteBeyondTheArray(.|\n)*"
      "is located in stack of thread");
}

TEST_F(AsanDeath, ReportsAUseOutOfScopeOnAGoroutinesStack) {
  EXPECT_DEATH(InAGoroutine(WriteToWhatIsOutOfScope),
               "stack-use-after-scope(.|\n)*#0(.|\n)*WriteToWhatIsOutOfScope");
}

TEST_F(AsanDeath, ReportsAUseAfterReturnInAGoroutine) {
  EXPECT_DEATH(InAGoroutine(WriteToWhatHasReturned),
               "stack-use-after-return(.|\n)*#0(.|\n)*WriteToWhatHasReturned");
}

TEST_F(AsanDeath, ReportsUndefinedBehaviourWithItsPlace) {
  EXPECT_DEATH(InAGoroutine([] {
                 int most = 0x7fffffff;
                 *Hide(&most) += 1;
               }),
               "asan_test.cc:[0-9]+:[0-9]+: runtime error: signed integer overflow");
}

// Frames come and go on stacks that many goroutines use, by return and by exception, across parks.
__attribute__((noinline)) int Descend(int depth, const Chan<int>& turn) {
  std::array<char, 200> frame{};
  Hide(frame.data())[static_cast<size_t>(depth)] = 1;
  if (depth == 0) {
    turn.Recv();
    throw std::runtime_error("from the deep");
  }
  return Descend(depth - 1, turn) + Hide(frame.data())[static_cast<size_t>(depth)];
}

TEST(Asan, IsQuietAboutRecycledStacksAndExceptionsAcrossParks) {
  muster::Run([] {
    for (int round = 0; round < 20; ++round) {
      const auto turn = MakeChan<int>();
      WaitGroup all;
      for (int i = 0; i < 20; ++i) {
        all.Go([=] { EXPECT_THROW(Descend(20, turn), std::runtime_error); });
      }
      for (int i = 0; i < 20; ++i) turn.Send(i);
      all.Wait();
    }
  });
}

__attribute__((noinline)) void Drop() { *Hide(new int) = 1; }

TEST_F(AsanDeath, FindsWhatAGoroutineHasLost) {
  EXPECT_EXIT(
      {
        InAGoroutine([] {
          for (int i = 0; i < 10; ++i) Drop();
        });
        std::_Exit(__lsan_do_recoverable_leak_check() != 0 ? 7 : 0);
      },
      ::testing::ExitedWithCode(7), "detected memory leaks(.|\n)*Drop");
}

TEST(Lsan, KnowsWhatOnlyAParkedGoroutineHolds) {
  muster::Run([] {
    const auto turn = MakeChan<int>();
    WaitGroup done;
    done.Go([turn] {
      int* const held = Hide(new int(1));
      turn.Recv();
      delete Hide(held);
    });
    for (int i = 0; i < 100; ++i) runtime::Gosched();
    EXPECT_EQ(__lsan_do_recoverable_leak_check(), 0);
    turn.Send(1);
    done.Wait();
  });
}

}  // namespace
}  // namespace muster
