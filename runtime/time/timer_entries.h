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
  struct Entry {
    int64_t when_ns;
    Timer* timer;
  };

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Entry& operator[](size_t index) {
    const size_t chunk = ChunkOf(index);
    return chunks_[chunk][index + kFirst - (kFirst << chunk)];
  }
  Entry& front() { return chunks_[0][0]; }
  Entry& back() { return (*this)[size_ - 1]; }
  void push_back(const Entry& entry) {
    const size_t chunk = ChunkOf(size_);
    if (chunks_[chunk] == nullptr) chunks_[chunk] = new Entry[kFirst << chunk];
    ++size_;
    back() = entry;
  }
  void pop_back() { --size_; }
  void Shrink(size_t size) { size_ = size; }

 private:
  static constexpr size_t kFirst = 64;  // entries of the first chunk, a power of two
  static size_t ChunkOf(size_t index) {
    return static_cast<size_t>(std::bit_width((index / kFirst + 1) >> 1));
  }

  size_t size_ = 0;
  std::array<Entry*, 40> chunks_{};
};

}  // namespace muster::sched

#endif  // MUSTER_TIME_TIMER_ENTRIES_H_
