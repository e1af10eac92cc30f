// Healthy: the twin of send_on_closed.cc. Who knows that all senders are done closes.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Count(int from, const muster::Chan<int>& numbers) {
  for (int i = from; i < from + 3; ++i) numbers.Send(i);
}

void CountAll() {
  const auto numbers = muster::MakeChan<int>(1);
  muster::WaitGroup senders;
  for (const int from : {0, 10}) senders.Go([=] { Count(from, numbers); });
  muster::Go([&senders, numbers] {
    senders.Wait();
    numbers.Close();
  });
  int sum = 0;
  for (const int number : numbers) sum += number;
  std::printf("sum %d\n", sum);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, CountAll); }
