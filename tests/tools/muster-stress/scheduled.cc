// Programs on the runtime whose bugs depend on the schedule, for muster-stress to find.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "muster/muster.h"

namespace {

void Step() {
  static muster::Mutex mutex;
  mutex.Lock();
  mutex.Unlock();
}

// Reads, steps, writes back: an update is lost if the other comes in between.
void LoseAnUpdate() {
  std::atomic<int> counter{0};
  muster::WaitGroup both;
  for (int i = 0; i < 2; ++i) {
    both.Go([&counter] {
      for (int k = 0; k < 3; ++k) Step();
      const int seen = counter.load(std::memory_order_relaxed);
      Step();
      counter.store(seen + 1, std::memory_order_relaxed);
    });
  }
  both.Wait();
  if (counter.load(std::memory_order_relaxed) != 2) {
    std::puts("an update was lost");
    std::fflush(stdout);
    std::_Exit(3);
  }
}

// Two locks in either order.
void LockInBothOrders() {
  muster::Mutex a, b;
  muster::WaitGroup both;
  both.Go([&] {
    const std::scoped_lock first(a);
    Step();
    const std::scoped_lock second(b);
  });
  both.Go([&] {
    const std::scoped_lock first(b);
    Step();
    const std::scoped_lock second(a);
  });
  both.Wait();
}

// The same, for certain, while somebody else goes on: no global deadlock.
void HangInACircle() {
  muster::Mutex a, b;
  const auto taken = muster::MakeChan<int>();
  muster::WaitGroup both;
  both.Go([&] {
    const std::scoped_lock first(a);
    taken.Send(1);
    const std::scoped_lock second(b);
  });
  both.Go([&] {
    const std::scoped_lock first(b);
    taken.Recv();
    const std::scoped_lock second(a);
  });
  muster::Go([] {
    for (;;) muster::time::Sleep(absl::Milliseconds(1));
  });
  both.Wait();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "lost-update") muster::Run(LoseAnUpdate);
  if (what == "lock-order") muster::Run(LockInBothOrders);
  if (what == "hang") muster::Run(HangInACircle);
  return 0;
}
