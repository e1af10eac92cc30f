// Healthy: three workers share ten jobs. Closing the channel of jobs sends the workers home.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

constexpr int kWorkers = 3;
constexpr int kJobs = 10;

void Work(const muster::RecvChan<int>& jobs, const muster::SendChan<int>& results) {
  for (const int job : jobs) results.Send(job * job);
}

void Pool() {
  const auto jobs = muster::MakeChan<int>(kJobs);
  const auto results = muster::MakeChan<int>();
  muster::WaitGroup workers;
  for (int i = 0; i < kWorkers; ++i) workers.Go([=] { Work(jobs, results); });
  for (int job = 1; job <= kJobs; ++job) jobs.Send(job);
  jobs.Close();

  int sum = 0;
  for (int i = 0; i < kJobs; ++i) sum += results.Recv().value();
  workers.Wait();
  std::printf("%d workers did %d jobs, sum %d\n", kWorkers, kJobs, sum);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Pool); }
