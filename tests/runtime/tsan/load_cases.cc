// Programs without a race of their own: what is reported here would be the runtime's.
#include <array>
#include <cstring>
#include <memory>

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

__attribute__((noinline)) void WriteToTheStack(int value) {
  std::array<unsigned char, 2048> frame;
  std::memset(frame.data(), value, frame.size());
  asm volatile("" : : "r"(frame.data()) : "memory");
}

// Ten thousand goroutines on a few stacks, each of which many have used before.
void RecycledStacks() {
  for (int round = 0; round < 100; ++round) {
    muster::WaitGroup group;
    for (int i = 0; i < 100; ++i) {
      group.Go([i] {
        WriteToTheStack(i);
        muster::runtime::Gosched();
        WriteToTheStack(i + 1);
      });
    }
    group.Wait();
  }
}

void FiveThousandAlive() {
  const auto go_home = muster::MakeChan<int>();
  const auto here = muster::MakeChan<int>(100);
  muster::WaitGroup group;
  for (int i = 0; i < 5000; ++i) {
    group.Go([=] {
      here.Send(i);
      go_home.Recv();
    });
  }
  for (int i = 0; i < 5000; ++i) here.Recv();
  go_home.Close();
  group.Wait();
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
    Case{"five_thousand_alive", false, FiveThousandAlive},
    Case{"owners_through_channels", false, OwnersThroughChannels},
};

}  // namespace

std::span<const Case> LoadCases() { return kCases; }

}  // namespace edges
