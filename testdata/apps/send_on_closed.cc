// Broken: one of several senders closes the channel.
//
// The bug: the first that is done closes, and the next send of another one panics. The cure:
// send_on_closed_fixed.cc.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Count(int from, int to, const muster::Chan<int>& numbers) {
  for (int i = from; i < to; ++i) numbers.Send(i);
  numbers.Close();
}

void CountAll() {
  const auto numbers = muster::MakeChan<int>(1);
  muster::Go([=] { Count(0, 3, numbers); });
  muster::Go([=] { Count(10, 1'000'000'000, numbers); });
  long long sum = 0;
  for (const int number : numbers) sum += number;
  std::printf("sum %lld\n", sum);
  muster::Select();  // the panic ends the process
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, CountAll); }
