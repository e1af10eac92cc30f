// Buffer: an array that takes its memory from mmap, for code that must not touch the heap.
#ifndef MUSTER_REACH_BUFFER_H_
#define MUSTER_REACH_BUFFER_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace muster::reach {

struct Range {
  uintptr_t lo = 0;
  uintptr_t hi = 0;
};

// The capacity is fixed, and costs address space only. Zeroed.
template <typename T>
class Buffer {
 public:
  static_assert(std::is_trivially_copyable_v<T>);

  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_ != nullptr) munmap(data_, capacity_ * sizeof(T));
  }

  // False when the address space is exhausted. At most once.
  bool Reserve(size_t capacity) {
    void* memory = mmap(nullptr, capacity * sizeof(T), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    data_ = static_cast<T*>(memory);
    capacity_ = capacity;
    return true;
  }
  // False when it is full.
  bool Push(const T& value) {
    if (size_ == capacity_) return false;
    data_[size_++] = value;
    return true;
  }
  T Pop() { return data_[--size_]; }
  void Clear() { size_ = 0; }
  void SetSize(size_t size) { size_ = size; }

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  Range Memory() const {
    const auto base = reinterpret_cast<uintptr_t>(data_);
    return {base, base + capacity_ * sizeof(T)};
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace muster::reach

#endif  // MUSTER_REACH_BUFFER_H_
