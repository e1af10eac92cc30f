// Foreign OS threads on channels: they block on a futex, and mix with goroutines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/select.h"
#include "tests/runtime/chan/crew.h"
#include "tests/runtime/wait_until.h"

namespace muster::testing {
namespace {

using record::WaitReason;
using ::testing::StartsWith;

TEST(ChannelThread, ReceivesFromAGoroutine) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    int sum = 0;
    std::thread thread([&] {
      for (int value : chan) sum += value;
    });
    for (int i = 1; i <= 10; ++i) chan.Send(i);
    chan.Close();
    thread.join();
    EXPECT_EQ(sum, 55);
  });
}

TEST(ChannelThread, SendsToAGoroutine) {
  muster::Run([] {
    auto chan = MakeChan<int>(2);
    std::thread thread([&] {
      for (int i = 1; i <= 10; ++i) chan.Send(i);
      chan.Close();
    });
    int sum = 0;
    for (int value : chan) sum += value;
    thread.join();
    EXPECT_EQ(sum, 55);
  });
}

TEST(ChannelThread, ThreadsMeetWithoutAnyGoroutine) {
  auto there = MakeChan<int>();
  auto back = MakeChan<int>();
  std::thread thread([&] {
    for (int value : there) back.Send(value + 1);
    back.Close();
  });
  int value = 0;
  for (int i = 0; i < 100; ++i) {
    there.Send(value);
    value = back.Recv().value();
  }
  there.Close();
  thread.join();
  EXPECT_EQ(value, 100);
  EXPECT_EQ(back.Recv(), std::nullopt);
}

TEST(ChannelThread, IsWokenByClose) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    std::string panic;
    std::optional<int> got = 1;
    std::thread receiver([&] { got = chan.Recv(); });
    WaitUntilParkedOn(chan.ref().get(), WaitReason::kChanReceive);
    chan.Close();
    receiver.join();
    EXPECT_EQ(got, std::nullopt);

    auto full = MakeChan<int>();
    std::thread sender([&] { panic = PanicText([&] { full.Send(1); }); });
    WaitUntilParkedOn(full.ref().get(), WaitReason::kChanSend);
    full.Close();
    sender.join();
    EXPECT_THAT(panic, StartsWith("send on closed channel"));
  });
}

TEST(ChannelThread, Selects) {
  muster::Run([] {
    auto values = MakeChan<int>();
    auto quit = MakeChan<int>();
    int sum = 0;
    std::thread thread([&] {
      bool running = true;
      while (running) {
        Select(OnRecv(values, [&](std::optional<int> value) { sum += *value; }),
               OnRecv(quit, [&] { running = false; }));
      }
    });
    for (int i = 1; i <= 10; ++i) values.Send(i);
    WaitUntilParkedOn(values.ref().get(), WaitReason::kSelect);
    quit.Close();
    thread.join();
    EXPECT_EQ(sum, 55);
  });
}

TEST(ChannelThread, ThreadsAndGoroutinesShareTheWork) {
  muster::Run([] {
    constexpr int kJobs = 600;
    auto jobs = MakeChan<int>(3);
    std::vector<std::atomic<int>> done(kJobs);
    const auto work = [&] {
      for (int job : jobs) ++done[job];
    };
    std::vector<std::thread> threads;
    Crew crew;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back(work);
      crew.Start(work);
    }
    for (int i = 0; i < kJobs; ++i) jobs.Send(i);
    jobs.Close();
    crew.Join();
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < kJobs; ++i) EXPECT_EQ(done[i], 1) << i;
  });
}

}  // namespace
}  // namespace muster::testing
