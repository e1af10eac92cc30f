// bench_boost: the benchmarks in Boost.Fiber. FIBER_THREADS=2 runs them on two threads that steal
// from each other; else they run on one, which is Boost's default (round_robin).
#include <boost/fiber/algo/work_stealing.hpp>
#include <boost/fiber/operations.hpp>
#include <cstdlib>
#include <latch>
#include <string_view>
#include <thread>

#include "tests/bench/boost/works.h"

namespace bench {

bool on_one_thread = true;

namespace {

// A second thread that runs fibers for as long as this lives.
class SecondThread {
 public:
  SecondThread()
      : thread_([this] {
          boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(2, true);
          both_registered_.arrive_and_wait();
          end_.Wait();
        }) {
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(2, true);
    both_registered_.arrive_and_wait();
  }
  ~SecondThread() {
    end_.Done();
    thread_.join();
  }

 private:
  // A thread steals from the other without asking whether it is there yet.
  std::latch both_registered_{2};
  Countdown end_{1};
  std::thread thread_;
};

int RunInFiber(int argc, char** argv) {
  std::vector<Work> works = SpawningWorks();
  for (const auto& more : {ChannelWorks(), LockWorks(), MemoryWorks()}) {
    works.insert(works.end(), more.begin(), more.end());
  }
  int status = 0;
  // In a fiber of its own: the thread's main fiber cannot be stolen.
  boost::fibers::fiber([&] { status = BenchMain(argc, argv, works); }).join();
  return status;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const char* threads = std::getenv("FIBER_THREADS");
  bench::on_one_thread = threads == nullptr || std::string_view(threads) != "2";
  if (bench::on_one_thread) return bench::RunInFiber(argc, argv);
  const bench::SecondThread second;
  return bench::RunInFiber(argc, argv);
}
