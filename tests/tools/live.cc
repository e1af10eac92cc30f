// A live process for the tests of the tools: `muster_test_live
// healthy|stuck|leaky|deadlock|hog|contended`. It prints "ready" once its goroutines wait where the
// test wants them, and then stays for an hour.
#include <cstdio>
#include <string>

#include "absl/time/time.h"
#include "muster/muster.h"
#include "muster/record.h"

namespace {

using muster::Chan;
using muster::Mutex;
using muster::WaitGroup;

// Keeps the compiler from turning the call before it into a jump, which would take the caller off
// the stack.
void StayOnStack() { asm volatile("" ::: "memory"); }

// Blocks until `count` goroutines wait for something.
void AwaitWaiting(int count) {
  int waiting = 0;
  while (waiting != count) {
    waiting = 0;
    for (const auto& goroutine : muster::record::Capture({.stacks = false}).goroutines) {
      const bool waits = goroutine.state == muster::record::State::kWaiting;
      if (waits && goroutine.kind == muster::record::Kind::kGoroutine) ++waiting;
    }
    muster::runtime::Gosched();
  }
}

// Says that all is in place, and keeps the program alive: a timer can always wake it.
void Stay() {
  std::printf("ready\n");
  std::fflush(stdout);
  muster::time::Sleep(absl::Hours(1));
  StayOnStack();
}

[[gnu::noinline]] void ServeJobs(const Chan<int>& jobs) {
  for (const int job : jobs) std::printf("job %d\n", job);
  StayOnStack();
}

// Workers that wait for work, which comes in the end.
void RunHealthy() {
  const Chan<int> jobs = muster::MakeChan<int>();
  for (int i = 0; i < 3; ++i) muster::Go([jobs] { ServeJobs(jobs); });
  AwaitWaiting(3);
  Stay();
  jobs.Close();
}

[[gnu::noinline]] void ReceiveFromNobody() {
  const Chan<int> nil;
  nil.Recv();
  StayOnStack();
}

[[gnu::noinline]] void StartStuck() {
  muster::Go([] {
    ReceiveFromNobody();
    StayOnStack();
  });
  StayOnStack();
}

void RunStuck() {
  StartStuck();
  AwaitWaiting(1);
  Stay();
  StayOnStack();
}

// A sender whose channel nobody else has.
[[gnu::noinline]] void SendToNobody(const Chan<int>& chan) {
  chan.Send(1);
  StayOnStack();
}

[[gnu::noinline]] void StartLeaky() {
  muster::Go([] {
    SendToNobody(muster::MakeChan<int>());
    StayOnStack();
  });
  StayOnStack();
}

void RunLeaky() {
  StartLeaky();
  AwaitWaiting(1);
  Stay();
  StayOnStack();
}

[[gnu::noinline]] void LockBoth(Mutex* first, Mutex* second, WaitGroup* both_hold_one) {
  first->Lock();
  both_hold_one->Done();
  both_hold_one->Wait();
  second->Lock();
  StayOnStack();
}

void RunDeadlock() {
  static Mutex a;
  static Mutex b;
  static WaitGroup both_hold_one;
  both_hold_one.Add(2);
  muster::Go([] { LockBoth(&a, &b, &both_hold_one); });
  muster::Go([] { LockBoth(&b, &a, &both_hold_one); });
  both_hold_one.Wait();
  AwaitWaiting(2);
  Stay();
  StayOnStack();
}

[[gnu::noinline]] void ComputeForEver() {
  for (;;) __builtin_ia32_pause();
}

[[gnu::noinline]] void GiveWayForEver() {
  for (;;) muster::runtime::Gosched();
}

// One that never gives way, beside one that always does.
void RunHog() {
  muster::Go(GiveWayForEver);
  muster::Go(ComputeForEver);
  Stay();
}

[[gnu::noinline]] void ReleaseContended(Mutex* mutex) {
  mutex->Unlock();
  StayOnStack();
}

// All profiles are on, and each has something of ours: a job that was waited for, a lock that one
// other waited for, goroutines that were created.
void RunContended() {
  muster::runtime::SetBlockProfileRate(1);
  muster::runtime::SetMutexProfileFraction(1);
  muster::runtime::SetGoroutineCreateProfile(true);
  const Chan<int> jobs = muster::MakeChan<int>();
  static Mutex mutex;
  WaitGroup done;
  mutex.Lock();
  done.Go([jobs] { ServeJobs(jobs); });
  done.Go([] {
    mutex.Lock();
    mutex.Unlock();
  });
  AwaitWaiting(2);
  jobs.Close();
  ReleaseContended(&mutex);
  done.Wait();
  Stay();
  StayOnStack();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 2 ? argv[1] : "";
  if (mode == "leaky") {
    muster::Run(RunLeaky);
  } else if (mode == "healthy") {
    muster::Run(RunHealthy);
  } else if (mode == "stuck") {
    muster::Run(RunStuck);
  } else if (mode == "deadlock") {
    muster::Run(RunDeadlock);
  } else if (mode == "hog") {
    muster::Run(RunHog);
  } else if (mode == "contended") {
    muster::Run(RunContended);
  } else {
    std::fprintf(stderr, "usage: %s healthy|stuck|leaky|deadlock|hog|contended\n", argv[0]);
    return 2;
  }
  return 0;
}
