// Go, the end of a goroutine, and the run queue, which must order nothing.
#include <array>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

// What comes before Go happens before the goroutine.
void Spawn() {
  FirstTouch();
  muster::WaitGroup group;
  group.Go(SecondTouch);
  group.Wait();
}

void SpawnOfAGrandchild() {
  FirstTouch();
  muster::WaitGroup group;
  group.Go([&group] { group.Go(SecondTouch); });
  group.Wait();
}

// ... but not what the parent does afterwards.
void SpawnThenParentGoesOn() {
  muster::WaitGroup group;
  group.Go([] {
    Await(1);
    SecondTouch();
  });
  FirstTouch();
  Reach(1);
  group.Wait();
}

// One queue, one after the other: an order in time and nothing else.
void RunQueue() {
  muster::WaitGroup group;
  group.Go(FirstTouch);
  group.Go(SecondTouch);
  group.Wait();
}

void Gosched() {
  muster::WaitGroup group;
  group.Go([] {
    FirstTouch();
    Reach(1);
    for (int i = 0; i < 100; ++i) muster::runtime::Gosched();
  });
  group.Go([] {
    Await(1);
    for (int i = 0; i < 100; ++i) muster::runtime::Gosched();
    SecondTouch();
  });
  group.Wait();
}

// A goroutine that takes over the stack, and whatever else, of one that has ended inherits nothing
// of what that one knew.
void RecycledGoroutine() {
  muster::WaitGroup group;
  group.Go([&group] {
    Await(1);
    // The main goroutine and this one are left.
    while (muster::runtime::NumGoroutine() > 2) muster::runtime::Gosched();
    group.Go(SecondTouch);
  });
  muster::Go([] {
    FirstTouch();
    Reach(1);
  });
  group.Wait();
}

// A goroutine that ends orders nothing by that.
void EndOfAGoroutine() {
  muster::Go([] {
    FirstTouch();
    Reach(1);
  });
  Await(1);
  while (muster::runtime::NumGoroutine() > 1) muster::runtime::Gosched();
  SecondTouch();
}

constexpr std::array kCases = {
    Case{"spawn", false, Spawn},
    Case{"spawn_of_a_grandchild", false, SpawnOfAGrandchild},
    Case{"spawn_then_parent_goes_on", true, SpawnThenParentGoesOn},
    Case{"run_queue", true, RunQueue},
    Case{"gosched", true, Gosched},
    Case{"recycled_goroutine", true, RecycledGoroutine},
    Case{"end_of_a_goroutine", true, EndOfAGoroutine},
};

}  // namespace

std::span<const Case> SpawnCases() { return kCases; }

}  // namespace edges
