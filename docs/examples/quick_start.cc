#include <cstdio>

#include "muster/muster.h"

int main() {
  muster::Run([] {
    auto jobs = muster::MakeChan<int>(10), squares = muster::MakeChan<int>();
    muster::WaitGroup workers;
    for (int i = 0; i < 3; ++i) {
      workers.Go([=] {
        for (int job : jobs) squares.Send(job * job);
      });
    }
    for (int job = 1; job <= 10; ++job) jobs.Send(job);
    jobs.Close();
    muster::Go([&] { workers.Wait(), squares.Close(); });
    int sum = 0;
    for (int square : squares) sum += square;
    std::printf("%d\n", sum);
  });
}
