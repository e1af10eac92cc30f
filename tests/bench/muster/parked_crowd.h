// Many goroutines that wait at four different places, as a server's would.
#ifndef TESTS_BENCH_MUSTER_PARKED_CROWD_H_
#define TESTS_BENCH_MUSTER_PARKED_CROWD_H_

#include <cstdint>

#include "muster/muster.h"

namespace bench {

// ParkedCrowd starts `count` goroutines, returns when they wait, and lets them go when it ends.
class ParkedCrowd {
 public:
  explicit ParkedCrowd(int64_t count);
  ~ParkedCrowd();
  ParkedCrowd(const ParkedCrowd&) = delete;
  ParkedCrowd& operator=(const ParkedCrowd&) = delete;

 private:
  muster::Chan<int64_t> block_ = muster::MakeChan<int64_t>();
  muster::WaitGroup ready_;
  muster::WaitGroup done_;
};

}  // namespace bench

#endif  // TESTS_BENCH_MUSTER_PARKED_CROWD_H_
