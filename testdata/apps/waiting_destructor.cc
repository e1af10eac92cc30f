// Broken: a destructor that waits for a goroutine, and a member whose end the goroutine waits for.
//
// The bug: members are destroyed after the destructor's body, in the reverse order; the channel is
// closed by the last of them, and the body waits before. The cure: waiting_destructor_fixed.cc.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Queue {
  muster::Chan<int> jobs = muster::MakeChan<int>();
  ~Queue() { jobs.Close(); }
};

class Worker {
 public:
  Worker() {
    running_.Go([jobs = queue_.jobs] {
      for (const int job : jobs) std::printf("job %d\n", job);
    });
  }
  ~Worker() { running_.Wait(); }
  void Do(int job) { queue_.jobs.Send(job); }

 private:
  Queue queue_;
  muster::WaitGroup running_;
};

void Work() {
  Worker worker;
  worker.Do(1);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Work, apps::Ending::kHangs); }
