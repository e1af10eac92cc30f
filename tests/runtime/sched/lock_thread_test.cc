// LockOSThread: a goroutine and an OS thread that belong to each other.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <string>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster {
namespace {

TEST(LockOSThread, KeepsTheGoroutineOnItsThread) {
  muster::Run([] {
    WaitGroup all;
    std::atomic<int> wrong{0};
    for (int i = 0; i < 4; ++i) {
      all.Add(1);
      Go([&] {
        runtime::LockOSThread();
        const long tid = syscall(SYS_gettid);
        for (int round = 0; round < 100; ++round) {
          runtime::Gosched();
          if (syscall(SYS_gettid) != tid) ++wrong;
        }
        runtime::UnlockOSThread();
        all.Done();
      });
    }
    all.Wait();
    EXPECT_EQ(wrong, 0);
  });
}

TEST(LockOSThread, KeepsOthersOffTheThread) {
  muster::Run([] {
    auto ready = MakeChan<long>();
    auto gate = MakeChan<int>();
    Go([=] {
      runtime::LockOSThread();
      ready.Send(syscall(SYS_gettid));
      gate.Recv();
    });
    const long locked = *ready.Recv();
    for (int i = 0; i < 200; ++i) {
      EXPECT_NE(syscall(SYS_gettid), locked);
      runtime::Gosched();
    }
    gate.Close();
    while (runtime::NumGoroutine() > 1) runtime::Gosched();
  });
}

TEST(LockOSThread, NestsAndEndsWithTheLastUnlock) {
  muster::Run([] {
    runtime::LockOSThread();
    runtime::LockOSThread();
    const long tid = syscall(SYS_gettid);
    runtime::UnlockOSThread();
    for (int i = 0; i < 50; ++i) {
      runtime::Gosched();
      EXPECT_EQ(syscall(SYS_gettid), tid);
    }
    runtime::UnlockOSThread();
    runtime::UnlockOSThread();  // one too many does nothing, as in Go
  });
}

bool ThreadExists(long tid) {
  return std::filesystem::exists("/proc/self/task/" + std::to_string(tid));
}

TEST(LockOSThread, TakesTheThreadWithItWhenTheGoroutineEnds) {
  muster::Run([] {
    auto tids = MakeChan<long>(1);
    Go([tids] {
      runtime::LockOSThread();
      tids.Send(syscall(SYS_gettid));
    });
    const long tid = *tids.Recv();
    while (ThreadExists(tid)) runtime::Gosched();
  });
}

// The runtime's limit is on threads that run, not on those that ever ran.
TEST(LockOSThread, ThreadsThatEndAreReplacedWithoutEnd) {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                         std::filesystem::directory_iterator());
  };
  muster::Run([&] {
    for (int i = 0; i < 500; ++i) {
      auto done = MakeChan<int>();
      Go([done] {
        runtime::LockOSThread();
        done.Close();
      });
      done.Recv();
    }
    while (threads() > 20 + 2 * runtime::GOMAXPROCS()) runtime::Gosched();
  });
}

}  // namespace
}  // namespace muster
