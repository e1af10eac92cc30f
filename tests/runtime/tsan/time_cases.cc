// Timers and contexts.
#include <array>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

namespace context = muster::context;
namespace time = muster::time;

// Arming a timer happens before what it does.
void AfterFunc() {
  const auto done = muster::MakeChan<int>();
  FirstTouch();
  time::AfterFunc(absl::Milliseconds(1), [=] {
    SecondTouch();
    done.Send(1);
  });
  done.Recv();
}

void ResetOfATimer() {
  time::Timer timer = time::NewTimer(absl::Hours(1));
  muster::WaitGroup group;
  group.Go([timer] {
    timer.C().Recv();
    SecondTouch();
  });
  group.Go([timer]() mutable {
    FirstTouch();
    timer.Reset(absl::Milliseconds(1));
  });
  group.Wait();
}

// What comes after the arming is not ordered before the function.
void AfterTheArming() {
  const auto done = muster::MakeChan<int>();
  time::AfterFunc(absl::Milliseconds(1), [=] {
    Await(1);
    SecondTouch();
    done.Send(1);
  });
  FirstTouch();
  Reach(1);
  done.Recv();
}

// That time has passed orders nothing.
void Sleep() {
  muster::WaitGroup group;
  group.Go([] {
    FirstTouch();
    Reach(1);
  });
  group.Go([] {
    Await(1);
    time::Sleep(absl::Milliseconds(5));
    SecondTouch();
  });
  group.Wait();
}

// Two timers that fire on the same thread, one after the other.
void TwoTimers() {
  muster::WaitGroup group;
  group.Add(2);
  time::AfterFunc(absl::Milliseconds(1), [&] {
    FirstTouch();
    Reach(1);
    group.Done();
  });
  time::AfterFunc(absl::Milliseconds(2), [&] {
    Await(1);
    SecondTouch();
    group.Done();
  });
  group.Wait();
}

void CancelThenDone() {
  const auto [ctx, cancel] = context::WithCancel(context::Background());
  muster::WaitGroup group;
  group.Go([cancel] {
    Await(1);
    Settle();
    FirstTouch();
    cancel();
  });
  group.Go([ctx] {
    Reach(1);
    ctx.Done().Recv();
    SecondTouch();
  });
  group.Wait();
}

void CancelThenErr() {
  const auto [ctx, cancel] = context::WithCancel(context::Background());
  muster::WaitGroup group;
  group.Go([cancel] {
    FirstTouch();
    cancel();
  });
  group.Go([ctx] {
    while (ctx.Err().ok()) muster::runtime::Gosched();
    SecondTouch();
  });
  group.Wait();
}

void CancelThenChild() {
  const auto [ctx, cancel] = context::WithCancel(context::Background());
  const auto [child, cancel_child] = context::WithTimeout(ctx, absl::Hours(1));
  muster::WaitGroup group;
  group.Go([cancel] {
    FirstTouch();
    cancel();
  });
  group.Go([child] {
    child.Done().Recv();
    SecondTouch();
  });
  group.Wait();
}

void CancelThenAfterFunc() {
  const auto [ctx, cancel] = context::WithCancel(context::Background());
  muster::WaitGroup group;
  group.Add(1);
  context::AfterFunc(ctx, [&] {
    SecondTouch();
    group.Done();
  });
  group.Go([cancel] {
    FirstTouch();
    cancel();
  });
  group.Wait();
}

// What comes before AfterFunc comes before its function, also when the timer calls that.
void AfterFuncThenDeadline() {
  const auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Milliseconds(20));
  muster::WaitGroup group;
  group.Add(2);
  muster::Go([&, parent = &ctx] {
    FirstTouch();
    context::AfterFunc(*parent, [&] {
      SecondTouch();
      group.Done();
    });
    group.Done();
  });
  group.Wait();
}

// An Err that is still OK knows of nothing.
void ErrBeforeTheCancel() {
  const auto [ctx, cancel] = context::WithCancel(context::Background());
  muster::WaitGroup group;
  group.Go([cancel] {
    FirstTouch();
    Reach(1);
    Await(2);
    cancel();
  });
  group.Go([ctx] {
    Await(1);
    if (ctx.Err().ok()) SecondTouch();
    Reach(2);
  });
  group.Wait();
}

constexpr std::array kCases = {
    Case{"after_func", false, AfterFunc},
    Case{"reset_of_a_timer", false, ResetOfATimer},
    Case{"after_the_arming", true, AfterTheArming},
    Case{"sleep", true, Sleep},
    Case{"two_timers", true, TwoTimers},
    Case{"cancel_then_done", false, CancelThenDone},
    Case{"cancel_then_err", false, CancelThenErr},
    Case{"cancel_then_child", false, CancelThenChild},
    Case{"cancel_then_after_func", false, CancelThenAfterFunc},
    Case{"after_func_then_deadline", false, AfterFuncThenDeadline},
    Case{"err_before_the_cancel", true, ErrBeforeTheCancel},
};

}  // namespace

std::span<const Case> TimeCases() { return kCases; }

}  // namespace edges
