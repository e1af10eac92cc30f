// Rendezvous: has two come to the same place at the same moment, again and again. They must not be
// two goroutines of one P: they yield to the kernel only.
#ifndef MUSTER_TESTS_RUNTIME_SYNC_RENDEZVOUS_H_
#define MUSTER_TESTS_RUNTIME_SYNC_RENDEZVOUS_H_

#include <atomic>
#include <thread>

namespace muster::testing {

class Rendezvous {
 public:
  // Both call it with 0, 1, 2, ...: it returns when the other has come as far.
  void Meet(int round) {
    arrived_.fetch_add(1);
    while (arrived_.load() < 2 * (round + 1)) std::this_thread::yield();
  }

 private:
  std::atomic<int> arrived_{0};
};

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_SYNC_RENDEZVOUS_H_
