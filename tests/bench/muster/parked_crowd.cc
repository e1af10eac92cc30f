#include "tests/bench/muster/parked_crowd.h"

#include <vector>

namespace bench {
namespace {

using muster::Chan;

// Keeps the compiler from turning the call before it into a jump, which would take the caller off
// the stack.
void StayOnStack() { asm volatile("" ::: "memory"); }

[[gnu::noinline]] void WaitFor(const Chan<int64_t>& block) {
  block.Recv();
  StayOnStack();
}

[[gnu::noinline]] void ReadRequest(const Chan<int64_t>& block) {
  WaitFor(block);
  StayOnStack();
}
[[gnu::noinline]] void Serve(const Chan<int64_t>& block) {
  ReadRequest(block);
  StayOnStack();
}

[[gnu::noinline]] void TakeJob(const Chan<int64_t>& block) {
  WaitFor(block);
  StayOnStack();
}
[[gnu::noinline]] void NextJob(const Chan<int64_t>& block) {
  TakeJob(block);
  StayOnStack();
}
[[gnu::noinline]] void Work(const Chan<int64_t>& block) {
  NextJob(block);
  StayOnStack();
}

[[gnu::noinline]] void Poll(const Chan<int64_t>& block) {
  WaitFor(block);
  StayOnStack();
}
[[gnu::noinline]] void WatchOnce(const Chan<int64_t>& block) {
  Poll(block);
  StayOnStack();
}
[[gnu::noinline]] void Watch(const Chan<int64_t>& block) {
  WatchOnce(block);
  StayOnStack();
}

[[gnu::noinline]] void LockPage(const Chan<int64_t>& block) {
  WaitFor(block);
  StayOnStack();
}
[[gnu::noinline]] void FlushPage(const Chan<int64_t>& block) {
  LockPage(block);
  StayOnStack();
}
[[gnu::noinline]] void FlushAll(const Chan<int64_t>& block) {
  FlushPage(block);
  StayOnStack();
}
[[gnu::noinline]] void Flush(const Chan<int64_t>& block) {
  FlushAll(block);
  StayOnStack();
}

}  // namespace

ParkedCrowd::ParkedCrowd(int64_t count) {
  constexpr void (*kSites[])(const Chan<int64_t>&) = {Serve, Work, Watch, Flush};
  ready_.Add(static_cast<int>(count));
  done_.Add(static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i) {
    muster::Go([this, wait = kSites[i % 4]] {
      ready_.Done();
      wait(block_);
      done_.Done();
    });
  }
  ready_.Wait();
  // The last of them are about to wait.
  muster::time::Sleep(absl::Milliseconds(10));
}

ParkedCrowd::~ParkedCrowd() {
  block_.Close();
  done_.Wait();
}

}  // namespace bench
