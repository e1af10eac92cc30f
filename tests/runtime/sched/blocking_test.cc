// Blocking regions: others run on, the record tells, and nothing else changes.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "muster/blocking.h"
#include "muster/chan.h"
#include "muster/debug.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::Capture;
using record::Goroutine;
using record::Snapshot;
using record::State;

// What a region blocks on: a pipe that somebody else writes to.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(fds_), 0); }
  ~Pipe() {
    close(fds_[0]);
    close(fds_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // The bytes read, -1 when a signal cut it short: poll, unlike read, is never restarted.
  ssize_t Read() {
    pollfd ready = {fds_[0], POLLIN, 0};
    if (poll(&ready, 1, -1) != 1) return -1;
    char byte = 0;
    return read(fds_[0], &byte, 1);
  }
  void Write() { EXPECT_EQ(write(fds_[1], "x", 1), 1); }

 private:
  int fds_[2] = {-1, -1};
};

const Goroutine* Find(const Snapshot& snapshot, uint64_t id) {
  for (const Goroutine& g : snapshot.goroutines) {
    if (g.id == id) return &g;
  }
  return nullptr;
}

void WaitUntilInRegion(const std::atomic<uint64_t>& id) {
  testing::WaitUntil([&](const Snapshot& snapshot) {
    const Goroutine* g = Find(snapshot, id.load());
    return g != nullptr && g->state == State::kSyscall;
  });
}

// A goroutine that sits in a region, reading from a pipe.
struct Reader {
  Pipe pipe;
  std::atomic<uint64_t> id{0};
  std::atomic<bool> ended{false};
  Chan<ssize_t> done = MakeChan<ssize_t>(1);

  uint64_t called_from = 0;  // the return address of Run

  __attribute__((noinline)) void Run() {
    called_from = reinterpret_cast<uint64_t>(__builtin_return_address(0));
    id = runtime::GoroutineId();
    done.Send(Blocking([this] { return pipe.Read(); }));
  }
  void Start() {
    Go([this] {
      Run();
      ended = true;  // so that the call is no jump
    });
    WaitUntilInRegion(id);
  }
  void Finish() {
    pipe.Write();
    EXPECT_EQ(done.Recv(), 1);
    while (!ended.load()) runtime::Gosched();
  }
};

TEST(Blocking, ReturnsWhatTheFunctionReturns) {
  muster::Run([] {
    EXPECT_EQ(Blocking([] { return 42; }), 42);
    EXPECT_EQ(*Blocking([] { return std::make_unique<int>(7); }), 7);
    int place = 0;
    static_assert(std::is_same_v<decltype(Blocking([&]() -> int& { return place; })), int&>);
    Blocking([&]() -> int& { return place; }) = 3;
    EXPECT_EQ(place, 3);
  });
}

TEST(Blocking, PassesExceptions) {
  muster::Run([] {
    EXPECT_THROW(Blocking([] { throw std::runtime_error("no"); }), std::runtime_error);
    EXPECT_EQ(Find(Capture(), runtime::GoroutineId())->state, State::kRunning);
  });
}

TEST(Blocking, PassesGoexit) {
  muster::Run([] {
    WaitGroup ended;
    bool after = false;
    ended.Add(1);
    Go([&] {
      struct Done {
        WaitGroup& group;
        ~Done() { group.Done(); }
      } done{ended};
      Blocking([] { runtime::Goexit(); });
      after = true;
    });
    ended.Wait();
    EXPECT_FALSE(after);
  });
}

TEST(Blocking, OnlyCallsTheFunctionOnAForeignThread) {
  int value = 0;
  std::thread thread([&] { value = Blocking([] { return Blocking([] { return 5; }); }); });
  thread.join();
  EXPECT_EQ(value, 5);
}

// With more blocked threads than Ps, nobody would be left to write.
TEST(Blocking, LetsOthersRunMeanwhile) {
  muster::Run([] {
    const int readers = 2 * runtime::GOMAXPROCS() + 1;
    std::vector<std::unique_ptr<Reader>> all;
    for (int i = 0; i < readers; ++i) {
      all.push_back(std::make_unique<Reader>());
      all.back()->Start();
    }
    for (auto& reader : all) reader->Finish();
  });
}

TEST(Blocking, ComesBackWhenEveryPIsBusy) {
  muster::Run([] {
    Reader reader;
    reader.Start();
    std::atomic<bool> stop{false};
    WaitGroup busy;
    for (int i = 0; i < 2 * runtime::GOMAXPROCS(); ++i) {
      busy.Add(1);
      Go([&] {
        while (!stop.load()) runtime::Gosched();
        busy.Done();
      });
    }
    reader.Finish();
    stop = true;
    busy.Wait();
  });
}

TEST(Blocking, ShowsAsSyscallWithItsLengthAndStack) {
  muster::Run([] {
    Reader reader;
    reader.Start();
    const Snapshot snapshot = Capture();
    const Goroutine* g = Find(snapshot, reader.id);
    ASSERT_NE(g, nullptr);
    EXPECT_EQ(g->state, State::kSyscall);
    EXPECT_GT(g->wait_since_ns, 0);
    EXPECT_LE(g->wait_since_ns, snapshot.monotonic_ns + 1'000'000'000);
    // The innermost frame is the one that entered; its caller follows.
    ASSERT_GE(g->stack.size(), 2u);
    EXPECT_EQ(std::count(g->stack.begin(), g->stack.end(), reader.called_from), 1);
    EXPECT_TRUE(g->waits.empty());
    reader.Finish();
  });
}

// A signal would cut the wait for the pipe short.
TEST(Blocking, IsNotDisturbedByCaptures) {
  muster::Run([] {
    Reader reader;
    reader.Start();
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(Find(Capture(), reader.id)->state, State::kSyscall);
    }
    reader.Finish();
  });
}

TEST(Blocking, ShowsLabelsThatChangeInside) {
  muster::Run([] {
    Pipe pipe;
    std::atomic<uint64_t> id{0};
    std::atomic<bool> stop{false};
    auto done = MakeChan<int>();
    Go([&] {
      id = runtime::GoroutineId();
      Blocking([&] {
        for (int i = 0; !stop.load(); ++i) runtime::SetLabel("turn", std::to_string(i));
      });
      done.Send(1);
    });
    WaitUntilInRegion(id);
    for (int i = 0; i < 200; ++i) {
      const Snapshot snapshot = Capture();
      const Goroutine* g = Find(snapshot, id);
      if (g == nullptr) continue;  // it changed its label at every look
      for (const auto& [key, value] : g->labels) EXPECT_EQ(key, "turn");
    }
    stop = true;
    done.Recv();
  });
}

TEST(Blocking, OutermostRegionCounts) {
  muster::Run([] {
    Reader reader;
    std::atomic<uint64_t> id{0};
    auto done = MakeChan<int>(1);
    Go([&] {
      id = runtime::GoroutineId();
      Blocking([&] {
        Blocking([] {});
        reader.pipe.Read();
      });
      done.Send(1);
    });
    WaitUntilInRegion(id);
    reader.pipe.Write();
    done.Recv();
  });
}

TEST(Blocking, ParksLikeAnywhereElse) {
  muster::Run([] {
    auto to = MakeChan<int>();
    auto from = MakeChan<int>();
    Mutex mutex;
    int turns = 0;
    Go([&] {
      Blocking([&] {
        while (auto value = to.Recv()) {
          mutex.Lock();
          ++turns;
          mutex.Unlock();
          from.Send(*value + 1);
        }
      });
      from.Close();
    });
    for (int i = 0; i < 1000; ++i) {
      to.Send(i);
      mutex.Lock();
      ++turns;
      mutex.Unlock();
      EXPECT_EQ(from.Recv(), i + 1);
    }
    to.Close();
    EXPECT_FALSE(from.Recv().has_value());
    EXPECT_EQ(turns, 2000);
  });
}

TEST(Blocking, StartsGoroutinesAndTimersInside) {
  muster::Run([] {
    auto results = MakeChan<int>(2);
    Blocking([&] {
      Go([&] { results.Send(1); });
      time::Sleep(absl::Microseconds(100));
      Go([&] { results.Send(2); });
    });
    EXPECT_EQ(*results.Recv() + *results.Recv(), 3);
  });
}

TEST(Blocking, KeepsALockedGoroutineOnItsThread) {
  muster::Run([] {
    runtime::LockOSThread();
    const std::thread::id before = std::this_thread::get_id();
    Pipe pipe;
    for (int i = 0; i < 20; ++i) {
      Go([&] { pipe.Write(); });
      EXPECT_EQ(Blocking([&] { return pipe.Read(); }), 1);
      EXPECT_EQ(std::this_thread::get_id(), before);
    }
    runtime::UnlockOSThread();
  });
}

// Everybody else waits for the one in the region, which only a foreign thread ends.
TEST(Blocking, IsNoDeadlock) {
  Pipe pipe;
  std::atomic<bool> in_region{false};
  std::thread writer([&] {
    while (!in_region.load()) std::this_thread::yield();
    pipe.Write();
  });
  muster::Run([&] {
    auto done = MakeChan<ssize_t>();
    Go([&] {
      done.Send(Blocking([&] {
        in_region = true;
        return pipe.Read();
      }));
    });
    EXPECT_EQ(done.Recv(), 1);
  });
  writer.join();
}

TEST(Blocking, ManyAtOnceUnderCaptures) {
  muster::Run([] {
    constexpr int kGoroutines = 16;
    std::atomic<bool> stop{false};
    WaitGroup ended;
    for (int i = 0; i < kGoroutines; ++i) {
      ended.Add(1);
      Go([&, i] {
        for (int turn = 0; turn < 100; ++turn) {
          const useconds_t pause = i % 2 == 0 ? 0 : 50;
          Blocking([&] {
            if (pause != 0) usleep(pause);
          });
          if (turn % 8 == 0) runtime::Gosched();
        }
        ended.Done();
      });
    }
    auto captured = MakeChan<int>();
    Go([&] {
      while (!stop.load()) {
        Capture();
        runtime::Gosched();
      }
      captured.Close();
    });
    ended.Wait();
    stop = true;
    captured.Recv();
  });
}

TEST(SetMaxThreads, ReturnsThePreviousBound) {
  EXPECT_EQ(debug::SetMaxThreads(500), 10'000);
  EXPECT_EQ(debug::SetMaxThreads(10'000), 500);
  EXPECT_THROW(debug::SetMaxThreads(0), Panic);
}

TEST(SetMaxThreadsDeathTest, NamesTheLimitThatWasExceeded) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        debug::SetMaxThreads(runtime::GOMAXPROCS() + 2);
        muster::Run([] {
          std::vector<std::unique_ptr<Reader>> all;
          for (int i = 0; i < runtime::GOMAXPROCS() + 10; ++i) {
            all.push_back(std::make_unique<Reader>());
            all.back()->Start();
          }
        });
      },
      "thread exhaustion: the program exceeds the [0-9]+-thread limit");
}

}  // namespace
}  // namespace muster
