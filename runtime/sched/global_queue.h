// GlobalQueue: runnable goroutines that belong to no P, first come first served. Guarded by the
// scheduler's lock.
//
// A chain of arrays, not a list through the goroutines: a P moves up to 128 at a time, and a list
// would cost it a cache miss for each while it holds the lock. Arrays that are empty are kept, so
// after the first burst nothing is allocated.
#ifndef MUSTER_SCHED_GLOBAL_QUEUE_H_
#define MUSTER_SCHED_GLOBAL_QUEUE_H_

#include <cstdint>

namespace muster::sched {

struct G;

class GlobalQueue {
 public:
  constexpr GlobalQueue() = default;
  ~GlobalQueue();
  GlobalQueue(const GlobalQueue&) = delete;
  GlobalQueue& operator=(const GlobalQueue&) = delete;

  void Push(G* g);
  // nullptr when empty.
  G* Pop();

 private:
  struct Block {
    static constexpr uint32_t kSize = 255;
    Block* next = nullptr;
    G* goroutines[kSize];
  };

  Block* NewBlock();
  static void Delete(Block* chain);

  Block* first_ = nullptr;  // with what is popped next, from first_used_ on
  Block* last_ = nullptr;   // with what was pushed last, before last_used_
  uint32_t first_used_ = 0;
  uint32_t last_used_ = 0;
  Block* spare_ = nullptr;
};

}  // namespace muster::sched

#endif  // MUSTER_SCHED_GLOBAL_QUEUE_H_
