// Broken: one of several senders closes the channel.
//
// The bug: the first that is done closes, and the next send of another one panics. The cure:
// send_on_closed_fixed.cc.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Count(int from, const muster::Chan<int>& numbers) {
  for (int i = from; i < from + 3; ++i) numbers.Send(i);
  numbers.Close();
}

void CountAll() {
  const auto numbers = muster::MakeChan<int>(1);
  for (const int from : {0, 10}) muster::Go([=] { Count(from, numbers); });
  int sum = 0;
  for (int received = 0; received < 6; ++received) sum += numbers.Recv().value_or(0);
  std::printf("sum %d\n", sum);
  muster::Select();  // the panic ends the process
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, CountAll); }
