// The benchmarks in Boost.Fiber: the same programs as tests/bench/muster, as far as Boost has what
// they need (it has no select, and no dumps of fibers).
#ifndef TESTS_BENCH_BOOST_WORKS_H_
#define TESTS_BENCH_BOOST_WORKS_H_

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "tests/bench/harness/bench_main.h"

namespace bench {

std::vector<Work> SpawningWorks();
std::vector<Work> ChannelWorks();
std::vector<Work> LockWorks();
std::vector<Work> MemoryWorks();

// Whether fibers run on one thread only. Then their stacks come from Boost's pool, which is not
// thread-safe; else from malloc, which is.
extern bool on_one_thread;

template <typename Body>
void Go(boost::fibers::launch when, Body body) {
  if (on_one_thread) {
    static boost::fibers::pooled_fixedsize_stack pool;
    boost::fibers::fiber(when, std::allocator_arg, pool, std::move(body)).detach();
  } else {
    boost::fibers::fiber(when, std::allocator_arg, boost::fibers::fixedsize_stack(),
                         std::move(body))
        .detach();
  }
}
template <typename Body>
void Go(Body body) {
  Go(boost::fibers::launch::post, std::move(body));
}

// Waits until Done has been called as often as was said at the start.
class Countdown {
 public:
  explicit Countdown(int64_t count) : left_(count) {}
  void Done() {
    const std::unique_lock lock(mutex_);
    if (--left_ == 0) all_done_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [&] { return left_ == 0; });
  }

 private:
  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable all_done_;
  int64_t left_;
};

}  // namespace bench

#endif  // TESTS_BENCH_BOOST_WORKS_H_
