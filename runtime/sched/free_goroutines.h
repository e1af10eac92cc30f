// FreeGoroutines: dead goroutines and their stacks, kept for the next ones.
//
// Each P has a small cache, last in first out, so that a stack is used again while its lines are
// still in the CPU's caches. Full caches give half away, empty ones are filled, in batches that the
// Ps share. A batch is one array, kept in the dead stack of its first member, so that nothing is
// allocated; and not a linked list, whose next member would be known only after a cache miss on the
// one before.
#ifndef MUSTER_SCHED_FREE_GOROUTINES_H_
#define MUSTER_SCHED_FREE_GOROUTINES_H_

namespace muster::sched {

struct G;

class FreeGoroutines {
 public:
  static constexpr int kCapacity = 64;
  static constexpr int kBatch = kCapacity / 2;

  // A dead goroutine, with a stack. Throws Panic when no stack can be had.
  G* Take() {
    if (count_ == 0) Refill();
    if (--count_ < cold_) FetchAhead();
    return members_[count_];
  }

  // `g` is dead, and off its stack.
  void Give(G* g) {
    if (count_ == kCapacity) ShareOldest();
    members_[count_++] = g;
  }

  // Gives away what makes whole batches; fewer than kBatch stay.
  void GiveAway() {
    while (count_ >= kBatch) ShareOldest();
  }

 private:
  void Refill();
  void ShareOldest();
  void FetchAhead();

  int count_ = 0;
  int cold_ = 0;  // how many of the first were not used here lately
  G* members_[kCapacity] = {};
};

// The same for threads that hold no P.
G* TakeFreeGoroutine();
void GiveFreeGoroutine(G* g);

}  // namespace muster::sched

#endif  // MUSTER_SCHED_FREE_GOROUTINES_H_
