// What a Panic tells of the goroutines that had to come together for it: to the letter, but for
// addresses and places.
#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <sstream>
#include <string>
#include <thread>

#include "muster/chan.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/semaphore.h"
#include "muster/sync.h"
#include "runtime/sync/access.h"
#include "tests/runtime/death.h"
#include "tests/runtime/wait_until.h"

// Reports leave the runtime's own namespace out, so these stand outside of it. Each call is
// followed by another, so that it is no tail call.
#define NOINLINE static __attribute__((noinline))
static std::atomic<int> g_after{0};

NOINLINE void SendOnIt(const muster::Chan<int>& chan) { chan.Send(1), ++g_after; }
NOINLINE void SelectOnIt(const muster::Chan<int>& chan) {
  muster::Select(muster::OnSend(chan, 1)), ++g_after;
}
NOINLINE void CloseIt(const muster::Chan<int>& chan) { chan.Close(), ++g_after; }
NOINLINE void LockIt(muster::Mutex& mu) { mu.Lock(), ++g_after; }
NOINLINE void UnlockIt(muster::Mutex& mu) { mu.Unlock(), ++g_after; }
NOINLINE void WriteLockIt(muster::RWMutex& mu) { mu.Lock(), ++g_after; }
NOINLINE void WriteUnlockIt(muster::RWMutex& mu) { mu.Unlock(), ++g_after; }
NOINLINE void ReadUnlockIt(muster::RWMutex& mu) { mu.RUnlock(), ++g_after; }
NOINLINE void AddToIt(muster::WaitGroup& wg, int delta) { wg.Add(delta), ++g_after; }
// As an Add finds it that comes between a Done that has brought the counter to zero and the wakes
// that follow: the counter is what it has added, and somebody waits.
NOINLINE void AddDuringWait(muster::WaitGroup& wg) {
  muster::SyncAccess::AddSlow(wg, 1, uint64_t{1} << 32 | 1), ++g_after;
}
NOINLINE void WaitForIt(muster::WaitGroup& wg) { wg.Wait(), ++g_after; }
NOINLINE void AcquireIt(muster::semaphore::Weighted& semaphore) {
  (void)semaphore.Acquire(muster::context::Background(), 1), ++g_after;
}
NOINLINE void ReleaseIt(muster::semaphore::Weighted& semaphore) { semaphore.Release(2), ++g_after; }

namespace muster {
namespace {

// Addresses become 0x, places and functions' arguments go.
std::string Normalised(const std::string& text) {
  std::istringstream in(text);
  std::string out, line;
  while (std::getline(in, line)) {
    if (line.starts_with('\t')) continue;
    const size_t arguments = line.find('(');
    const bool is_call = arguments != std::string::npos && line[arguments - 1] != ' ';
    if (is_call && !line.ends_with(':')) line.resize(arguments);
    out += std::regex_replace(line, std::regex("0x[0-9a-f]+"), "0x") + "\n";
  }
  return out;
}

template <typename F>
std::string PanicOf(F call) {
  try {
    call();
  } catch (const Panic& panic) {
    return Normalised(panic.what());
  }
  return "no panic";
}

// Runs `f` in a goroutine of its own until its end; gives "goroutine N".
template <typename F>
std::string InAnother(F f) {
  uint64_t id = 0;
  WaitGroup wg;
  wg.Go([&] {
    id = runtime::GoroutineId();
    f();
  });
  wg.Wait();
  return "goroutine " + std::to_string(id);
}

std::string Me() { return "goroutine " + std::to_string(runtime::GoroutineId()); }

TEST(Misuse, SendOnClosedTellsWhoSendsAndWhoClosed) {
  muster::Run([] {
    for (const size_t capacity : {0, 1}) {
      const auto chan = MakeChan<int>(capacity);
      const std::string closer = InAnother([&] { CloseIt(chan); });
      const std::string tail =
          "send on closed channel\nchan 0x, made by " + Me() + "\n" + Me() + " sends on it:\n";
      EXPECT_EQ(PanicOf([&] { SendOnIt(chan); }),
                tail + "SendOnIt\n" + closer + " closed it:\nCloseIt\n");
      EXPECT_EQ(PanicOf([&] { SelectOnIt(chan); }),
                tail + "SelectOnIt\n" + closer + " closed it:\nCloseIt\n");
    }
  });
}

TEST(Misuse, ASendThatWaitsWhenTheChannelIsClosedTellsTheSame) {
  muster::Run([] {
    const auto chan = MakeChan<int>();
    std::string what;
    WaitGroup wg;
    uint64_t sender = 0;
    wg.Go([&] {
      sender = runtime::GoroutineId();
      what = PanicOf([&] { SendOnIt(chan); });
    });
    testing::WaitUntilParkedOn(chan.ref().get(), record::WaitReason::kChanSend);
    CloseIt(chan);
    wg.Wait();
    EXPECT_EQ(what, "send on closed channel\nchan 0x, made by " + Me() + "\ngoroutine " +
                        std::to_string(sender) + " sends on it:\nSendOnIt\n" + Me() +
                        " closed it:\nCloseIt\n");
  });
}

TEST(Misuse, CloseOfClosedTellsOfBothCloses) {
  muster::Run([] {
    const auto chan = MakeChan<int>();
    const std::string closer = InAnother([&] { CloseIt(chan); });
    EXPECT_EQ(PanicOf([&] { CloseIt(chan); }), "close of closed channel\nchan 0x, made by " + Me() +
                                                   "\n" + Me() + " closes it:\nCloseIt\n" + closer +
                                                   " closed it:\nCloseIt\n");
  });
}

TEST(Misuse, CloseOfNilTellsWho) {
  muster::Run([] {
    EXPECT_EQ(PanicOf([] { CloseIt({}); }),
              "close of nil channel\n" + Me() + " closes it:\nCloseIt\n");
  });
}

TEST(Misuse, UnlockOfUnlockedTellsWhoLockedItLast) {
  muster::Run([] {
    Mutex mu;
    EXPECT_EQ(PanicOf([&] { UnlockIt(mu); }), "sync: unlock of unlocked mutex\nsync.Mutex 0x\n" +
                                                  Me() +
                                                  " unlocks it:\nUnlockIt\n"
                                                  "nobody has ever locked it\n");
    const std::string last = InAnother([&] {
      LockIt(mu);
      UnlockIt(mu);
    });
    EXPECT_EQ(PanicOf([&] { UnlockIt(mu); }),
              "sync: unlock of unlocked mutex\nsync.Mutex 0x\n" + Me() +
                  " unlocks it:\nUnlockIt\n" + last +
                  " was the last to lock it (of its stack this call is recorded):\nLockIt\n"
                  "who has unlocked it since then is not recorded\n");
  });
}

TEST(Misuse, UnlockOfUnlockedRWMutexTellsWhoLockedItLast) {
  muster::Run([] {
    RWMutex mu;
    const std::string last = InAnother([&] {
      WriteLockIt(mu);
      WriteUnlockIt(mu);
    });
    EXPECT_EQ(PanicOf([&] { WriteUnlockIt(mu); }),
              "sync: Unlock of unlocked RWMutex\nsync.RWMutex 0x\n" + Me() +
                  " unlocks it:\nWriteUnlockIt\n" + last +
                  " was the last to lock it (of its stack this call is recorded):\nWriteLockIt\n"
                  "who has unlocked it since then is not recorded\n");
  });
}

TEST(Misuse, RUnlockOfUnlockedTellsOfTheWriterThatHoldsIt) {
  muster::Run([] {
    RWMutex mu;
    const std::string head = "sync: RUnlock of unlocked RWMutex\nsync.RWMutex 0x\n" + Me() +
                             " unlocks it for reading:\nReadUnlockIt\n";
    const std::string end = "who has unlocked it for reading before is not recorded\n";
    EXPECT_EQ(PanicOf([&] { ReadUnlockIt(mu); }), head + end);
    const std::string writer = InAnother([&] { WriteLockIt(mu); });
    EXPECT_EQ(PanicOf([&] { ReadUnlockIt(mu); }),
              head + writer +
                  " holds it for writing (of its stack this call is recorded):\nWriteLockIt\n" +
                  end);
  });
}

TEST(Misuse, NegativeCounterTellsWhoCountsDown) {
  muster::Run([] {
    WaitGroup wg;
    AddToIt(wg, 2);
    EXPECT_EQ(PanicOf([&] { AddToIt(wg, -3); }),
              "sync: negative WaitGroup counter\nsync.WaitGroup 0x, whose counter was 2\n" + Me() +
                  " calls Add(-3):\nAddToIt\nwho has counted it down before is not recorded\n");
  });
}

// A Wait that has been readied, but has not returned yet, finds the counter raised again. On
// several Ps it may be quicker than that, and then all is well.
std::string ReuseTooEarly() {
  WaitGroup wg, ended;
  wg.Add(1);
  std::string what;
  uint64_t waiter = 0;
  ended.Go([&] {
    waiter = runtime::GoroutineId();
    what = PanicOf([&] { WaitForIt(wg); });
  });
  testing::WaitUntilParkedOn(&wg, record::WaitReason::kWaitGroupWait);
  wg.Done();
  wg.Add(1);
  ended.Wait();
  return std::regex_replace(what, std::regex("goroutine " + std::to_string(waiter)), "waiter");
}

TEST(Misuse, ReuseBeforeWaitHasReturnedTellsWhoWaited) {
  muster::Run([] {
    std::string what = "no panic";
    while (what == "no panic") what = ReuseTooEarly();
    EXPECT_EQ(what,
              "sync: WaitGroup is reused before previous Wait has returned\n"
              "sync.WaitGroup 0x, whose counter is 1\nwaiter has waited:\nWaitForIt\n"
              "who has called Add since then is not recorded\n");
  });
}

TEST(Misuse, AnAddThatMeetsAWaitTellsWhoWaits) {
  muster::Run([] {
    WaitGroup wg, ended;
    wg.Add(1);
    std::atomic<uint64_t> waiter{0};
    ended.Go([&] {
      waiter = runtime::GoroutineId();
      WaitForIt(wg);
    });
    testing::WaitUntilParkedOn(&wg, record::WaitReason::kWaitGroupWait);
    EXPECT_EQ(PanicOf([&] { AddDuringWait(wg); }),
              "sync: WaitGroup misuse: Add called concurrently with Wait\nsync.WaitGroup 0x\n" +
                  Me() + " calls Add(1):\nAddDuringWait\ngoroutine " + std::to_string(waiter) +
                  " waits:\nWaitForIt\n");
    wg.Done();
    ended.Wait();
  });
}

TEST(Misuse, OverReleaseTellsWhoAcquiredLast) {
  muster::Run([] {
    semaphore::Weighted semaphore(3);
    const std::string head =
        "semaphore: released more than held\nsemaphore.Weighted 0x, made by " + Me() + ", ";
    EXPECT_EQ(
        PanicOf([&] { ReleaseIt(semaphore); }),
        head + "0 of 3 held\n" + Me() + " releases 2:\nReleaseIt\nnobody has ever acquired it\n");
    const std::string last = InAnother([&] { AcquireIt(semaphore); });
    EXPECT_EQ(PanicOf([&] { ReleaseIt(semaphore); }),
              head + "1 of 3 held\n" + Me() + " releases 2:\nReleaseIt\n" + last +
                  " was the last to acquire it (of its stack this call is recorded):\nAcquireIt\n"
                  "who has released it since then is not recorded\n");
  });
}

TEST(Misuse, AThreadIsCalledOne) {
  const auto chan = MakeChan<int>();
  std::thread closer([&] { CloseIt(chan); });
  closer.join();
  const std::string what = PanicOf([&] { SendOnIt(chan); });
  EXPECT_TRUE(std::regex_search(
      what,
      std::regex("^send on closed channel\nchan 0x, made by thread [0-9]+\nthread [0-9]+ sends "
                 "on it:\nSendOnIt\n(.*\n)*thread [0-9]+ closed it:\nCloseIt\n")))
      << what;
}

TEST(Misuse, WordsAreGosAlone) {
  muster::Run([] {
    const auto chan = MakeChan<int>();
    CloseIt(chan);
    try {
      CloseIt(chan);
    } catch (const Panic& panic) {
      EXPECT_STREQ(panic.words(), "close of closed channel");
      const Panic copy = panic;
      EXPECT_STREQ(copy.what(), panic.what());
      return;
    }
    FAIL() << "no panic";
  });
}

// Any number of goroutines may read the text of one exception.
TEST(Misuse, TheTextMayBeReadByManyAtOnce) {
  muster::Run([] {
    const auto chan = MakeChan<int>();
    CloseIt(chan);
    std::exception_ptr caught;
    try {
      CloseIt(chan);
    } catch (const Panic&) {
      caught = std::current_exception();
    }
    WaitGroup wg;
    std::atomic<const char*> first{nullptr};
    for (int i = 0; i < 8; ++i) {
      wg.Go([&] {
        try {
          std::rethrow_exception(caught);
        } catch (const Panic& panic) {
          const char* none = nullptr;
          const char* const what = panic.what();
          const bool is_first = first.compare_exchange_strong(none, what);
          EXPECT_TRUE(is_first || none == what);
        }
      });
    }
    wg.Wait();
  });
}

using MisuseDeath = testing::Death;

TEST_F(MisuseDeath, TheReportOfOneThatNobodyCatchesHasItAll) {
  EXPECT_EXIT(muster::Run([] {
                const auto chan = MakeChan<int>();
                (void)InAnother([&] { CloseIt(chan); });
                SendOnIt(chan);
              }),
              ::testing::ExitedWithCode(2),
              "^panic: send on closed channel\n\tchan 0x[0-9a-f]+, made by goroutine 1\n"
              "\tgoroutine 1 sends on it:\n\tSendOnIt.*\n.*\n\tgoroutine [0-9]+ closed it:\n"
              "\tCloseIt(.|\n)*goroutine 1 \\[running\\]:\n");
}

}  // namespace
}  // namespace muster
