// Select: the case that is performed orders as the plain operation does, the others not at all.
#include <array>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

namespace edges {
namespace {

using muster::MakeChan;
using muster::OnDefault;
using muster::OnRecv;
using muster::OnSend;
using muster::Select;

void ReceiveWaits() {
  const auto chan = MakeChan<int>(), never = MakeChan<int>();
  muster::WaitGroup group;
  group.Go([=] {
    Await(1);
    Settle();
    FirstTouch();
    chan.Send(1);
  });
  group.Go([=] {
    Reach(1);
    Select(OnRecv(never), OnRecv(chan));
    SecondTouch();
  });
  group.Wait();
}

void ReceiveIsReady() {
  const auto chan = MakeChan<int>(1), never = MakeChan<int>();
  muster::WaitGroup group;
  group.Go([=] {
    FirstTouch();
    chan.Send(1);
    Reach(1);
  });
  group.Go([=] {
    Await(1);
    Select(OnRecv(never), OnRecv(chan), OnDefault());
    SecondTouch();
  });
  group.Wait();
}

void SendWaits() {
  const auto chan = MakeChan<int>(), never = MakeChan<int>();
  muster::WaitGroup group;
  group.Go([=] {
    FirstTouch();
    Reach(1);
    Select(OnSend(chan, 1), OnRecv(never));
  });
  group.Go([=] {
    Await(1);
    Settle();
    chan.Recv();
    SecondTouch();
  });
  group.Wait();
}

// Select against select, and back: the receive happens before the send is done.
void BothSelect() {
  const auto chan = MakeChan<int>(), never = MakeChan<int>();
  muster::WaitGroup group;
  group.Go([=] {
    FirstTouch();
    Select(OnRecv(chan), OnRecv(never));
  });
  group.Go([=] {
    Select(OnRecv(never), OnSend(chan, 1));
    SecondTouch();
  });
  group.Wait();
}

void CloseWakesASelect() {
  const auto chan = MakeChan<int>(), never = MakeChan<int>();
  muster::WaitGroup group;
  group.Go([=] {
    Await(1);
    Settle();
    FirstTouch();
    chan.Close();
  });
  group.Go([=] {
    Reach(1);
    Select(OnRecv(chan), OnRecv(never));
    SecondTouch();
  });
  group.Wait();
}

// The default orders nothing, though the select has looked at the channel.
void DefaultIsTaken() {
  const auto chan = MakeChan<int>(1);
  muster::WaitGroup group;
  group.Go([=] {
    FirstTouch();
    chan.Send(1);
    chan.Recv();
    Reach(1);
  });
  group.Go([=] {
    Await(1);
    Select(OnRecv(chan), OnDefault());
    SecondTouch();
  });
  group.Wait();
}

// One case waits in vain on a channel over which others pass; the other case is performed.
void AnotherCaseIsPerformed() {
  const auto watched = MakeChan<int>(1), woken_by = MakeChan<int>(1);
  muster::WaitGroup group;
  woken_by.Send(1);
  group.Go([=] {
    watched.Send(1);
    FirstTouch();
    watched.Recv();
    Reach(1);
  });
  group.Go([=] {
    Await(1);
    Select(OnRecv(watched), OnRecv(woken_by));
    SecondTouch();
  });
  group.Wait();
}

constexpr std::array kCases = {
    Case{"select_receive_waits", false, ReceiveWaits},
    Case{"select_receive_is_ready", false, ReceiveIsReady},
    Case{"select_send_waits", false, SendWaits},
    Case{"both_select", false, BothSelect},
    Case{"close_wakes_a_select", false, CloseWakesASelect},
    Case{"select_default_is_taken", true, DefaultIsTaken},
    Case{"select_another_case_is_performed", true, AnotherCaseIsPerformed},
};

}  // namespace

std::span<const Case> SelectCases() { return kCases; }

}  // namespace edges
