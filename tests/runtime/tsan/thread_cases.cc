// OS threads that share channels and locks with goroutines.
#include <array>
#include <thread>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

void ThreadSends() {
  const auto chan = muster::MakeChan<int>();
  std::thread thread([chan] {
    FirstTouch();
    chan.Send(1);
  });
  chan.Recv();
  SecondTouch();
  thread.join();
}

void ThreadReceives() {
  const auto chan = muster::MakeChan<int>();
  std::thread thread([chan] {
    chan.Recv();
    SecondTouch();
  });
  FirstTouch();
  chan.Send(1);
  thread.join();
}

// The main goroutine waits for a message before it joins: a join holds the only P.
void ThreadSpawns() {
  const auto done = muster::MakeChan<int>(1);
  std::thread thread([done] {
    FirstTouch();
    muster::WaitGroup group;
    group.Go(SecondTouch);
    group.Wait();
    done.Send(1);
  });
  done.Recv();
  thread.join();
}

void ThreadWaitsForAGroup() {
  const auto done = muster::MakeChan<int>(1);
  muster::WaitGroup group;
  group.Add(1);
  std::thread thread([&group, done] {
    group.Wait();
    SecondTouch();
    done.Send(1);
  });
  muster::Go([&group] {
    Settle();
    FirstTouch();
    group.Done();
  });
  done.Recv();
  thread.join();
}

// A goroutine and a thread that nothing orders.
void ThreadBesideAGoroutine() {
  std::thread thread([] {
    FirstTouch();
    Reach(1);
  });
  muster::WaitGroup group;
  group.Go([] {
    Await(1);
    SecondTouch();
  });
  group.Wait();
  thread.join();
}

constexpr std::array kCases = {
    Case{"thread_sends", false, ThreadSends},
    Case{"thread_receives", false, ThreadReceives},
    Case{"thread_spawns", false, ThreadSpawns},
    Case{"thread_waits_for_a_group", false, ThreadWaitsForAGroup},
    Case{"thread_beside_a_goroutine", true, ThreadBesideAGoroutine},
};

}  // namespace

std::span<const Case> ThreadCases() { return kCases; }

}  // namespace edges
