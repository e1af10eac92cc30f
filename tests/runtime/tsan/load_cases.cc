// Programs without a race of their own: what is reported here would be the runtime's.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

// Everything of the runtime is started, and then idles.
void Idle() {
  muster::WaitGroup group;
  const auto stop = muster::MakeChan<int>();
  for (int i = 0; i < 10; ++i) group.Go([stop] { stop.Recv(); });
  const muster::time::Ticker ticker = muster::time::NewTicker(absl::Milliseconds(1));
  for (int i = 0; i < 5; ++i) ticker.C().Recv();
  muster::time::Sleep(absl::Milliseconds(20));
  stop.Close();
  group.Wait();
}

template <size_t kSize>
__attribute__((noinline)) void WriteToTheStack(int value) {
  std::array<unsigned char, kSize> frame;
  std::memset(frame.data(), value, frame.size());
  asm volatile("" : : "r"(frame.data()) : "memory");
}

// Ten thousand goroutines on a few stacks, each of which many have used before.
void RecycledStacks() {
  for (int round = 0; round < 100; ++round) {
    muster::WaitGroup group;
    for (int i = 0; i < 100; ++i) {
      group.Go([i] {
        WriteToTheStack<2048>(i);
        muster::runtime::Gosched();
        WriteToTheStack<2048>(i + 1);
      });
    }
    group.Wait();
  }
}

// Stacks of which now a little and now most is used: TSan forgets the two in different ways.
void RecycledDeepStacks() {
  for (int round = 0; round < 100; ++round) {
    muster::WaitGroup group;
    for (int i = 0; i < 20; ++i) {
      group.Go([i] {
        if (i % 3 == 0) WriteToTheStack<(size_t{160} << 10)>(i);
        if (i % 3 == 1) WriteToTheStack<(size_t{40} << 10)>(i);
        muster::runtime::Gosched();
        WriteToTheStack<2048>(i);
      });
    }
    group.Wait();
  }
}

// More goroutines than TSan's contexts would have mappings for, were each to take its own.
constexpr int kCrowd = 40'000;

// Runs `among` while a crowd is alive and waits.
void WithACrowd(void (*among)()) {
  const auto go_home = muster::MakeChan<int>();
  const auto here = muster::MakeChan<int>(100);
  muster::WaitGroup group;
  for (int i = 0; i < kCrowd; ++i) {
    group.Go([=] {
      here.Send(i);
      go_home.Recv();
    });
  }
  for (int i = 0; i < kCrowd; ++i) here.Recv();
  among();
  go_home.Close();
  group.Wait();
}

void ACrowdAlive() {
  WithACrowd([] {});
}

// A goroutine that waits while a crowd comes is not forgotten: an access of its own from before is
// still held against one that comes after.
//
// Who makes the second access must not have done anything meanwhile. TSan knows who did what by one
// of 255 numbers, and takes whoever is given a number for ordered after all its former owners; with
// a crowd about, who does things is given all of them in turn. Go's race detector has the same
// blind spot. So it is an OS thread, which waits without TSan's seeing it.
std::atomic<bool> g_crowd_is_here{false};

__attribute__((disable_sanitizer_instrumentation)) void WaitUnseen() {
  constexpr timespec kMoment = {.tv_sec = 0, .tv_nsec = 1'000'000};
  while (!g_crowd_is_here.load(std::memory_order_relaxed)) {
    syscall(SYS_nanosleep, &kMoment, nullptr);
  }
}

void AcrossACrowd(void (*first)(), void (*second)()) {
  const auto go_home = muster::MakeChan<int>();
  muster::WaitGroup group;
  group.Go([=] {
    first();
    Reach(1);
    go_home.Recv();
  });
  std::thread thread([second] {
    WaitUnseen();
    second();
  });
  Await(1);
  WithACrowd([] { g_crowd_is_here.store(true, std::memory_order_relaxed); });
  go_home.Close();
  group.Wait();
  thread.join();
}

void RaceAcrossACrowd() { AcrossACrowd(FirstTouch, SecondTouch); }

void OrderAcrossACrowd() {
  static muster::Mutex mutex;
  AcrossACrowd(
      [] {
        const std::scoped_lock lock(mutex);
        FirstTouch();
      },
      [] {
        const std::scoped_lock lock(mutex);
        SecondTouch();
      });
}

// Values that own memory change hands.
void OwnersThroughChannels() {
  const auto chan = muster::MakeChan<std::unique_ptr<int>>(2);
  muster::WaitGroup group;
  for (int i = 0; i < 4; ++i) {
    group.Go([=] {
      for (int n = 0; n < 100; ++n) chan.Send(std::make_unique<int>(n));
    });
    group.Go([=] {
      for (int n = 0; n < 100; ++n) ++*chan.Recv().value();
    });
  }
  group.Wait();
}

constexpr std::array kCases = {
    Case{"idle", false, Idle},
    Case{"recycled_stacks", false, RecycledStacks},
    Case{"recycled_deep_stacks", false, RecycledDeepStacks},
    Case{"a_crowd_alive", false, ACrowdAlive},
    Case{"race_across_a_crowd", true, RaceAcrossACrowd},
    Case{"order_across_a_crowd", false, OrderAcrossACrowd},
    Case{"owners_through_channels", false, OwnersThroughChannels},
};

}  // namespace

std::span<const Case> LoadCases() { return kCases; }

}  // namespace edges
