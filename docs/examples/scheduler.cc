// Something of all that a scheduler has to do with, on two Ps. It prints "ready" and stays.
#include <poll.h>

#include <cstdio>

#include "muster/muster.h"

namespace {

// Keeps a P to itself: nothing in the loop lets others run.
[[gnu::noinline]] void Compute() {
  for (unsigned n = 0; n % 2 == 0; n += 2) asm volatile("" : "+r"(n));
}

// Do a little, and let the next one have the P.
[[gnu::noinline]] void TakeTurns() {
  for (;;) muster::runtime::Gosched();
}

// Blocks a thread of its own, and no P.
[[gnu::noinline]] void WaitInTheKernel() {
  muster::Blocking([] { return poll(nullptr, 0, -1); });
}

// Neither a thread nor a P: the poller tells when somebody connects.
[[gnu::noinline]] void AwaitConnection(muster::net::Listener& listener) {
  if (listener.Accept().ok()) std::puts("somebody came");
}

// Nor these: whoever sends readies one of them.
[[gnu::noinline]] void Work(const muster::Chan<int>& jobs) {
  for (const int job : jobs) std::printf("job %d\n", job);
}

}  // namespace

int main() {
  muster::runtime::GOMAXPROCS(2);
  muster::Run([] {
    auto jobs = muster::MakeChan<int>();
    auto listener = *muster::net::Listen("tcp", "127.0.0.1:0");
    for (int i = 0; i < 2; ++i) muster::Go([jobs] { Work(jobs); });
    muster::Go([&listener] { AwaitConnection(listener); });
    muster::Go(WaitInTheKernel);
    muster::Go(Compute);
    for (int i = 0; i < 3; ++i) muster::Go(TakeTurns);
    muster::time::Sleep(absl::Milliseconds(100));
    std::puts("ready");
    std::fflush(stdout);
    muster::time::Sleep(absl::Hours(1));
  });
}
