// TimerEntries: the array under a timer heap. It grows by chunks, each twice the last, and never
// moves or frees one: so adding a timer costs no copy under the heap's lock, and no memmove or free
// of memory that goroutines share, which TSan's interceptors would take for races between them.
#ifndef MUSTER_TIME_TIMER_ENTRIES_H_
#define MUSTER_TIME_TIMER_ENTRIES_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace muster::sched {

struct Timer;

class TimerEntries {
 public:
  class Entry {
   public:
    Entry() = default;
    // `fixed`: the timer's own flag, kept here so that moving the entry need not touch the timer.
    Entry(int64_t when, Timer* timer, bool fixed)
        : when_ns(when), tagged_(reinterpret_cast<uintptr_t>(timer) | (fixed ? 1 : 0)) {}
    Timer* timer() const { return reinterpret_cast<Timer*>(tagged_ & ~uintptr_t{1}); }
    bool fixed() const { return (tagged_ & 1) != 0; }

    int64_t when_ns = 0;

   private:
    uintptr_t tagged_ = 0;
  };

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Entries 4n + 1 to 4n + 4, which are siblings in a four-ary heap, lie in a row: a cache line.
  Entry& operator[](size_t index) {
    const size_t place = index + kPadding;
    const size_t chunk = ChunkOf(place);
    return chunks_[chunk][place + kFirst - (kFirst << chunk)];
  }
  Entry& front() { return chunks_[0][kPadding]; }
  Entry& back() { return (*this)[size_ - 1]; }
  void push_back(const Entry& entry) {
    const size_t chunk = ChunkOf(size_ + kPadding);
    if (chunks_[chunk] == nullptr) chunks_[chunk] = new Entry[kFirst << chunk];
    ++size_;
    back() = entry;
  }
  void pop_back() { --size_; }
  void Shrink(size_t size) { size_ = size; }

 private:
  static constexpr size_t kFirst = 64;  // entries of the first chunk, a power of two
  static constexpr size_t kPadding = 3;
  static size_t ChunkOf(size_t place) {
    return static_cast<size_t>(std::bit_width((place / kFirst + 1) >> 1));
  }

  size_t size_ = 0;
  std::array<Entry*, 40> chunks_{};
};

}  // namespace muster::sched

#endif  // MUSTER_TIME_TIMER_ENTRIES_H_
