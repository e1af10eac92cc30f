// The block, mutex and goroutinecreate profiles: what is counted, where, and that off is off.
#include "runtime/record/contention.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/debugging/symbolize.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::StackProfile;
using record::WaitReason;
using testing::WaitUntilParkedOn;

struct Sum {
  int64_t count = 0;
  int64_t delay_ns = 0;
  friend Sum operator-(const Sum& a, const Sum& b) {
    return {a.count - b.count, a.delay_ns - b.delay_ns};
  }
};

std::string FunctionAt(uint64_t return_address) {
  char name[1024] = "";
  absl::Symbolize(reinterpret_cast<const void*>(return_address - 1), name, sizeof(name));
  return name;
}

// What is counted at stacks with that function on them; of all for "".
Sum SumAt(const StackProfile& profile, const std::string& function) {
  Sum sum;
  for (const StackProfile::Entry& entry : profile.entries) {
    bool there = function.empty();
    for (const uint64_t pc : entry.stack) {
      there = there || FunctionAt(pc).find(function) != std::string::npos;
    }
    if (!there) continue;
    sum.count += entry.count;
    sum.delay_ns += entry.delay_ns;
  }
  return sum;
}

// Tallies last as long as the process: tests look at what is added.
class Profiles : public ::testing::Test {
 protected:
  void TearDown() override {
    runtime::SetBlockProfileRate(0);
    runtime::SetMutexProfileFraction(0);
    runtime::SetGoroutineCreateProfile(false);
  }
};

void StayOnStack() { asm volatile("" ::: "memory"); }

const void* AddressOf(const Chan<int>& chan) { return chan.ref().get(); }

__attribute__((noinline)) void ReceiveHere(const Chan<int>& chan, int times) {
  for (int i = 0; i < times; ++i) chan.Recv();
  StayOnStack();
}

// A goroutine, or a thread, is parked in ReceiveHere so many times.
void ReceiveParked(int times) {
  const auto chan = MakeChan<int>();
  WaitGroup done;
  done.Go([&] { ReceiveHere(chan, times); });
  for (int i = 0; i < times; ++i) {
    WaitUntilParkedOn(AddressOf(chan), WaitReason::kChanReceive);
    chan.Send(i);
  }
  done.Wait();
}

__attribute__((noinline)) void UnlockHere(Mutex* mutex) {
  mutex->Unlock();
  StayOnStack();
}
__attribute__((noinline)) void UnlockForWritingHere(RWMutex* mutex) {
  mutex->Unlock();
  StayOnStack();
}
__attribute__((noinline)) void UnlockForReadingHere(RWMutex* mutex) {
  mutex->RUnlock();
  StayOnStack();
}

void ContendForMutex() {
  Mutex mutex;
  mutex.Lock();
  WaitGroup done;
  done.Go([&] {
    mutex.Lock();
    mutex.Unlock();
  });
  WaitUntilParkedOn(&mutex, WaitReason::kMutexLock);
  UnlockHere(&mutex);
  done.Wait();
}

__attribute__((noinline)) void CreateHere(int count) {
  WaitGroup done;
  for (int i = 0; i < count; ++i) done.Go([] {});
  done.Wait();
  StayOnStack();
}

TEST_F(Profiles, AreOffAtFirst) {
  const Sum blocked = SumAt(record::BlockProfile(), "");
  const Sum contended = SumAt(record::MutexProfile(), "");
  const Sum created = SumAt(record::GoroutineCreateProfile(), "");
  muster::Run([] {
    ReceiveParked(2);
    ContendForMutex();
    CreateHere(3);
  });
  EXPECT_EQ(SumAt(record::BlockProfile(), "").count, blocked.count);
  EXPECT_EQ(SumAt(record::MutexProfile(), "").count, contended.count);
  EXPECT_EQ(SumAt(record::GoroutineCreateProfile(), "").count, created.count);
  EXPECT_EQ(record::BlockProfile().period, 0);
}

TEST_F(Profiles, BlockCountsEveryWaitAtRateOne) {
  runtime::SetBlockProfileRate(1);
  const Sum before = SumAt(record::BlockProfile(), "ReceiveHere");
  muster::Run([] { ReceiveParked(3); });
  const StackProfile profile = record::BlockProfile();
  const Sum added = SumAt(profile, "ReceiveHere") - before;
  EXPECT_EQ(added.count, 3);
  EXPECT_GE(added.delay_ns, 3);
  EXPECT_EQ(profile.period, 1);
}

TEST_F(Profiles, BlockCountsThreadsToo) {
  runtime::SetBlockProfileRate(1);
  const Sum before = SumAt(record::BlockProfile(), "ReceiveHere");
  muster::Run([] {
    const auto chan = MakeChan<int>();
    std::thread thread([&] { ReceiveHere(chan, 1); });
    WaitUntilParkedOn(AddressOf(chan), WaitReason::kChanReceive);
    chan.Send(1);
    thread.join();
  });
  EXPECT_EQ((SumAt(record::BlockProfile(), "ReceiveHere") - before).count, 1);
}

TEST(BlockProfile, IsAboutWhatOthersEnd) {
  for (const WaitReason reason :
       {WaitReason::kChanSend, WaitReason::kSelect, WaitReason::kMutexLock,
        WaitReason::kRWMutexRLock, WaitReason::kCondWait, WaitReason::kWaitGroupWait,
        WaitReason::kSemaphoreAcquire}) {
    EXPECT_TRUE(record::IsBlocking(reason));
  }
  for (const WaitReason reason :
       {WaitReason::kSleep, WaitReason::kIOWait, WaitReason::kRunMain, WaitReason::kNone}) {
    EXPECT_FALSE(record::IsBlocking(reason));
  }
}

// 20,000 waits of a tenth of the rate: a tenth of them is counted, each for ten. The bounds are
// more than six standard deviations away.
TEST_F(Profiles, SampledBlockingAddsUpToWhatItWas) {
  constexpr int kEvents = 20'000;
  runtime::SetBlockProfileRate(1000);
  const Sum before = SumAt(record::BlockProfile(), "");
  for (int i = 0; i < kEvents; ++i) record::NoteBlocked(100);
  const Sum added = SumAt(record::BlockProfile(), "") - before;
  EXPECT_NEAR(static_cast<double>(added.delay_ns), 100.0 * kEvents, 0.15 * 100 * kEvents);
  EXPECT_NEAR(static_cast<double>(added.count), kEvents, 0.15 * kEvents);
}

TEST_F(Profiles, MutexChargesTheUnlockThatEndsTheWait) {
  runtime::SetMutexProfileFraction(1);
  const Sum before = SumAt(record::MutexProfile(), "UnlockHere");
  muster::Run(ContendForMutex);
  const Sum added = SumAt(record::MutexProfile(), "UnlockHere") - before;
  EXPECT_EQ(added.count, 1);
  EXPECT_GT(added.delay_ns, 0);
}

TEST_F(Profiles, MutexCountsEachReaderThatAWriterKeptWaiting) {
  runtime::SetMutexProfileFraction(1);
  const Sum before = SumAt(record::MutexProfile(), "UnlockForWritingHere");
  muster::Run([] {
    RWMutex mutex;
    mutex.Lock();
    WaitGroup done;
    for (int i = 0; i < 2; ++i) {
      done.Go([&] {
        mutex.RLock();
        mutex.RUnlock();
      });
    }
    WaitUntilParkedOn(&mutex, WaitReason::kRWMutexRLock, 2);
    UnlockForWritingHere(&mutex);
    done.Wait();
  });
  const Sum added = SumAt(record::MutexProfile(), "UnlockForWritingHere") - before;
  EXPECT_EQ(added.count, 2);
  EXPECT_GT(added.delay_ns, 0);
}

TEST_F(Profiles, MutexChargesTheLastReaderForAWritersWait) {
  runtime::SetMutexProfileFraction(1);
  const Sum before = SumAt(record::MutexProfile(), "UnlockForReadingHere");
  muster::Run([] {
    RWMutex mutex;
    mutex.RLock();
    WaitGroup done;
    done.Go([&] {
      mutex.Lock();
      mutex.Unlock();
    });
    WaitUntilParkedOn(&mutex, WaitReason::kRWMutexLock);
    UnlockForReadingHere(&mutex);
    done.Wait();
  });
  EXPECT_EQ((SumAt(record::MutexProfile(), "UnlockForReadingHere") - before).count, 1);
}

TEST_F(Profiles, SampledContentionAddsUpToWhatItWas) {
  constexpr int kEvents = 20'000;
  runtime::SetMutexProfileFraction(4);
  const Sum before = SumAt(record::MutexProfile(), "");
  for (int i = 0; i < kEvents; ++i) record::NoteContention(1, 50);
  const Sum added = SumAt(record::MutexProfile(), "") - before;
  EXPECT_NEAR(static_cast<double>(added.count), kEvents, 0.1 * kEvents);
  EXPECT_EQ(added.delay_ns, added.count * 50);
}

TEST_F(Profiles, MutexFractionIsGivenBack) {
  EXPECT_EQ(runtime::SetMutexProfileFraction(5), 0);
  EXPECT_EQ(runtime::SetMutexProfileFraction(-1), 5);
  EXPECT_EQ(runtime::SetMutexProfileFraction(0), 5);
}

TEST_F(Profiles, CreationIsCountedWhileItIsOn) {
  EXPECT_FALSE(runtime::SetGoroutineCreateProfile(true));
  const Sum before = SumAt(record::GoroutineCreateProfile(), "CreateHere");
  muster::Run([] { CreateHere(10); });
  EXPECT_TRUE(runtime::SetGoroutineCreateProfile(false));
  muster::Run([] { CreateHere(10); });
  EXPECT_EQ((SumAt(record::GoroutineCreateProfile(), "CreateHere") - before).count, 10);
}

TEST_F(Profiles, CreationCountsGoroutinesAndNothingElse) {
  constexpr int kTimers = 500;
  runtime::SetGoroutineCreateProfile(true);
  const Sum before = SumAt(record::GoroutineCreateProfile(), "");
  muster::Run([] {
    MakeChan<int>().Close();  // keeps a stack, too
    EXPECT_TRUE(time::AfterFunc(absl::Hours(1), [] {}).Stop());
    // Where nobody else has the timer, its function may have to be destroyed in a goroutine of
    // Muster's own, which is not counted.
    for (int i = 0; i < kTimers; ++i) {
      const auto fired = MakeChan<int>();
      time::AfterFunc(absl::ZeroDuration(), [=] { fired.Close(); });
      fired.Recv();
    }
  });
  EXPECT_EQ((SumAt(record::GoroutineCreateProfile(), "") - before).count, 1 + kTimers)
      << "Run's goroutine, and those of the timers that fired";
}

TEST_F(Profiles, CountingIsSafeFromManySidesAtOnce) {
  runtime::SetBlockProfileRate(1);
  runtime::SetMutexProfileFraction(1);
  runtime::SetGoroutineCreateProfile(true);
  muster::Run([] {
    const auto chan = MakeChan<int>();
    Mutex mutex;
    int sum = 0;
    WaitGroup done;
    for (int i = 0; i < 8; ++i) {
      done.Go([&, sends = i % 2 == 0] {
        for (int n = 0; n < 200; ++n) {
          mutex.Lock();
          ++sum;
          mutex.Unlock();
          if (sends) {
            chan.Send(n);
          } else {
            Select(OnRecv(chan));
          }
        }
      });
    }
    done.Go([&] {
      for (int n = 0; n < 50; ++n) (void)record::BlockProfile();
    });
    done.Wait();
    EXPECT_EQ(sum, 1600);
  });
}

}  // namespace
}  // namespace muster
