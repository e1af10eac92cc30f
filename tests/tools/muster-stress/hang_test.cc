#include "tools/muster-stress/hang.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace muster::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Quit(const std::string& goroutines) {
  return "before\nSIGQUIT: quit\nPC=0x1 m=-1 sigcode=0\n\n" + goroutines;
}

constexpr char kTwoStuck[] =
    "goroutine 1 [sync.WaitGroup.Wait]:\nmain()\n\t/src/a.cc:1 +0x1\n\n"
    "goroutine 7 [sync.Mutex.Lock, 2 minutes]:\nf()\n\t/src/a.cc:2 +0x2\n\n"
    "goroutine 9 [sync.Mutex.Lock]:\ng()\n\t/src/a.cc:3 +0x3\n\n"
    "goroutine 10 [sleep]:\nh()\n\t/src/a.cc:4 +0x4\n\n";

TEST(Hang, IsADeadlockWhenLocksAreAwaitedInACircle) {
  const Hang hang =
      JudgeHang(Quit(std::string(kTwoStuck) +
                     "goroutine 7 waits for sync.Mutex 0x10, which goroutine 9 holds (taken in f)\n"
                     "goroutine 9 waits for sync.Mutex 0x20, which goroutine 7 holds\n"));
  EXPECT_EQ(hang.verdict,
            "did not end in time; deadlock: goroutine 7, which waits for goroutine 9, which waits "
            "for the first; waiting: 2 in sync.Mutex.Lock, 1 in sync.WaitGroup.Wait");
  EXPECT_THAT(hang.dump, StartsWith("SIGQUIT: quit\n"));
}

TEST(Hang, OfOneThatWaitsForItselfIsADeadlockToo) {
  const Hang hang =
      JudgeHang(Quit("goroutine 7 waits for sync.Mutex 0x10, which goroutine 7 holds\n"));
  EXPECT_THAT(hang.verdict, HasSubstr("deadlock: goroutine 7 waits for itself"));
}

TEST(Hang, IsNoDeadlockWhenTheHolderCanGoOn) {
  const Hang hang =
      JudgeHang(Quit(std::string(kTwoStuck) +
                     "goroutine 7 waits for sync.Mutex 0x10, which goroutine 10 holds\n"
                     "goroutine 9 waits for sync.Mutex 0x10, which goroutine 10 holds\n"));
  EXPECT_THAT(hang.verdict, HasSubstr("no deadlock seen: 1 of 4 goroutines could go on"));
}

TEST(Hang, SaysThatEveryGoroutineWaits) {
  const Hang hang = JudgeHang(Quit("goroutine 1 [chan receive]:\nmain()\n\t/src/a.cc:1 +0x1\n"));
  EXPECT_EQ(hang.verdict,
            "did not end in time; every goroutine waits, and only a timer or a thread could wake "
            "one: 1 in chan receive");
}

TEST(Hang, IsKnownByWhereTheGoroutinesStand) {
  const std::string renumbered = "goroutine 3 [chan receive]:\nmain()\n\t/src/a.cc:1 +0xabc\n";
  EXPECT_EQ(JudgeHang(Quit("goroutine 1 [chan receive]:\nmain()\n\t/src/a.cc:1 +0x1\n")).key,
            JudgeHang(Quit(renumbered)).key);
  EXPECT_NE(JudgeHang(Quit("goroutine 1 [chan receive]:\nmain()\n\t/src/b.cc:1 +0x1\n")).key,
            JudgeHang(Quit(renumbered)).key);
}

TEST(Hang, OfAProgramThatPrintsNothingHasNoVerdict) {
  const Hang hang = JudgeHang("stuck here\n");
  EXPECT_EQ(hang.verdict, "did not end in time and was killed");
  EXPECT_EQ(hang.dump, "");
  EXPECT_THAT(hang.verdict, Not(HasSubstr("deadlock")));
}

}  // namespace
}  // namespace muster::stress
