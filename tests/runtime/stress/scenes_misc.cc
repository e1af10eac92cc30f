#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "muster/muster.h"
#include "tests/runtime/stress/scenes.h"

namespace stress {
namespace {

template <typename F>
void ExpectPanic(Verdict& verdict, std::string_view what, F&& f) {
  try {
    f();
    verdict.Check(false, std::string("no panic: ") + std::string(what));
  } catch (const muster::Panic& panic) {
    const std::string_view got = panic.what();
    verdict.Check(got.substr(0, what.size()) == what, std::string("a panic says ") + panic.what());
  }
}

// Fills a frame with a pattern, yields at the bottom, and checks the pattern on the way back.
__attribute__((noinline)) bool Descend(int depth, unsigned char pattern) {
  std::array<unsigned char, 200> frame;
  std::memset(frame.data(), pattern, frame.size());
  asm volatile("" : : "r"(frame.data()) : "memory");
  bool good = true;
  if (depth == 0) {
    muster::runtime::Gosched();
  } else {
    good = Descend(depth - 1, static_cast<unsigned char>(pattern + 1));
  }
  for (const unsigned char byte : frame) good = good && byte == pattern;
  return good;
}

}  // namespace

void CaughtPanics(Random& random, Verdict& verdict) {
  muster::WaitGroup group;
  for (int i = 0, n = 1 + random.Below(3); i < n; ++i) {
    group.Go([&] {
      const auto closed = muster::MakeChan<int>(1);
      closed.Close();
      ExpectPanic(verdict, "send on closed channel", [&] { closed.Send(1); });
      ExpectPanic(verdict, "close of closed channel", [&] { closed.Close(); });
      muster::Mutex mutex;
      ExpectPanic(verdict, "sync: unlock of unlocked mutex", [&] { mutex.Unlock(); });
    });
  }
  // One that already waits in its send when the channel is closed.
  const auto full = muster::MakeChan<int>();
  group.Go(
      [&verdict, full] { ExpectPanic(verdict, "send on closed channel", [&] { full.Send(1); }); });
  for (int i = random.Below(3); i > 0; --i) muster::runtime::Gosched();
  full.Close();
  group.Wait();
}

void ParkedInCatchBlocks(Random& random, Verdict& verdict) {
  const auto go_on = muster::MakeChan<int>();
  muster::WaitGroup group;
  const int n = 2 + random.Below(3);
  for (int i = 0; i < n; ++i) {
    group.Go([&verdict, go_on, i] {
      try {
        throw std::runtime_error(std::to_string(i));
      } catch (const std::runtime_error& outer) {
        go_on.Recv();  // It may go on on another thread.
        try {
          throw;
        } catch (const std::runtime_error& again) {
          verdict.Check(again.what() == std::to_string(i), "the exception in flight is another's");
        }
        verdict.Check(outer.what() == std::to_string(i), "the caught exception has changed");
      }
      verdict.Equal(std::uncaught_exceptions(), 0, "uncaught exceptions");
    });
  }
  for (int i = 0; i < n; ++i) go_on.Send(i);
  group.Wait();
}

void ForeignThreads(Random& random, Verdict& verdict) {
  const auto values = muster::MakeChan<int>(static_cast<size_t>(random.Below(2)));
  muster::Mutex mutex;
  int under_lock = 0;
  const int each = 1 + random.Below(6);
  std::thread thread([&] {
    for (int i = 0; i < each; ++i) {
      const std::scoped_lock lock(mutex);
      ++under_lock;
    }
    for (int i = 0; i < each; ++i) values.Send(i);
    values.Close();
  });
  muster::WaitGroup group;
  group.Go([&] {
    for (int i = 0; i < each; ++i) {
      const std::scoped_lock lock(mutex);
      ++under_lock;
    }
  });
  int sum = 0;
  for (const int value : values) sum += value;
  group.Wait();
  thread.join();
  verdict.Equal(sum, each * (each - 1) / 2, "sum from a thread");
  verdict.Equal(under_lock, 2 * each, "counted by a thread and a goroutine");
}

void DeepStacks(Random& random, Verdict& verdict) {
  muster::WaitGroup group;
  for (int i = 0; i < 3; ++i) {
    group.Go([&verdict, depth = random.Below(100), i] {
      verdict.Check(Descend(depth, static_cast<unsigned char>(17 * i)),
                    "a frame was written to by someone else");
    });
  }
  group.Wait();
}

void Families(Random& random, Verdict& verdict) {
  // Goroutines that start goroutines, with labels that they inherit.
  const std::string generation = std::to_string(random.Below(1000));
  const muster::runtime::WithLabels labels({{"family", generation}});
  std::atomic<int> born{0};
  muster::WaitGroup group;
  for (int i = 0; i < 2; ++i) {
    group.Go([&] {
      ++born;
      for (int j = 0; j < 2; ++j) {
        group.Go([&] {
          ++born;
          const auto mine = muster::runtime::Labels();
          verdict.Check(mine.size() == 1 && mine[0].second == generation, "inherited labels");
        });
      }
    });
  }
  group.Wait();
  verdict.Equal(born.load(), 6, "goroutines born");
}

}  // namespace stress
