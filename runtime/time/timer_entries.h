// TimerEntries: the array under a timer heap.
//
// It grows by chunks, each twice the last, and never moves or frees one: so adding a timer costs no
// copy under the heap's lock, and no memmove or free of memory that goroutines share, which TSan's
// interceptors would take for races between them.
//
// The heap is four-ary, and the four children of an entry share a cache line.
#ifndef MUSTER_TIME_TIMER_ENTRIES_H_
#define MUSTER_TIME_TIMER_ENTRIES_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

namespace muster::sched {

struct G;
struct Timer;

// What is due at `when_ns`: a timer, or a sleeping goroutine that needs none, since it cannot be
// stopped. Neither is touched while entries move, unless it is a timer.
struct TimerEntry {
  int64_t when_ns;
  uintptr_t target;

  static TimerEntry Of(int64_t when_ns, Timer* timer) {
    return {when_ns, reinterpret_cast<uintptr_t>(timer)};
  }
  static TimerEntry Of(int64_t when_ns, G* sleeper) {
    return {when_ns, reinterpret_cast<uintptr_t>(sleeper) | 1};
  }
  // nullptr if it is a sleeper.
  Timer* timer() const { return (target & 1) == 0 ? reinterpret_cast<Timer*>(target) : nullptr; }
  // nullptr if it is a timer.
  G* sleeper() const { return (target & 1) != 0 ? reinterpret_cast<G*>(target - 1) : nullptr; }
};

class TimerEntries {
 public:
  static constexpr size_t kArity = 4;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  TimerEntry& operator[](size_t index) {
    const size_t place = index + kShift;
    const size_t chunk = ChunkOf(place);
    return chunks_[chunk][place + kFirst - (kFirst << chunk)];
  }
  TimerEntry& front() { return chunks_[0][kShift]; }
  TimerEntry& back() { return (*this)[size_ - 1]; }
  void push_back(const TimerEntry& entry) {
    const size_t chunk = ChunkOf(size_ + kShift);
    if (chunks_[chunk] == nullptr) {
      chunks_[chunk] =
          new (std::align_val_t{kArity * sizeof(TimerEntry)}) TimerEntry[kFirst << chunk];
    }
    ++size_;
    back() = entry;
  }
  void pop_back() { --size_; }
  void Shrink(size_t size) { size_ = size; }

 private:
  // Places for the first children of all entries, 4 * index + 1, to be multiples of four.
  static constexpr size_t kShift = kArity - 1;
  static constexpr size_t kFirst = 64;  // places in the first chunk, a power of two
  static size_t ChunkOf(size_t place) {
    return static_cast<size_t>(std::bit_width((place / kFirst + 1) >> 1));
  }

  size_t size_ = 0;
  std::array<TimerEntry*, 40> chunks_{};
};

}  // namespace muster::sched

#endif  // MUSTER_TIME_TIMER_ENTRIES_H_
