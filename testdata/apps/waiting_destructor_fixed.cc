// Healthy: the twin of waiting_destructor.cc. The destructor says that it is over before it waits.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

class Worker {
 public:
  Worker() {
    running_.Go([jobs = jobs_] {
      for (const int job : jobs) std::printf("job %d\n", job);
    });
  }
  ~Worker() {
    jobs_.Close();
    running_.Wait();
  }
  void Do(int job) { jobs_.Send(job); }

 private:
  const muster::Chan<int> jobs_ = muster::MakeChan<int>();
  muster::WaitGroup running_;
};

void Work() {
  Worker worker;
  worker.Do(1);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Work); }
