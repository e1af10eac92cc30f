// SharedList: an immutable list whose copies share its elements.
//
// A capture of a million goroutines has a few dozen distinct stacks, ancestries and sets of labels.
// A handle takes 8 bytes, an empty list nothing else. Thread-safe as an int is: distinct handles
// may be used at once, also when they share.
#ifndef MUSTER_SHARED_LIST_H_
#define MUSTER_SHARED_LIST_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace muster::record {

template <typename T>
class SharedList {
 public:
  using value_type = T;
  using iterator = const T*;
  using const_iterator = const T*;

  SharedList() = default;
  SharedList(const T* items, size_t size) : block_(NewBlock(items, size)) {}
  // Implicit: a list is its elements.
  SharedList(const std::vector<T>& items)  // NOLINT(google-explicit-constructor)
      : SharedList(items.data(), items.size()) {}
  SharedList(std::initializer_list<T> items) : SharedList(items.begin(), items.size()) {}
  SharedList(const SharedList& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  SharedList(SharedList&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedList& operator=(SharedList other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedList() {
    // acq_rel: the last one sees all others' reads done.
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      std::destroy_n(block_->items(), block_->size);
      ::operator delete(block_);
    }
  }

  bool empty() const { return block_ == nullptr; }
  size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  const T* data() const { return block_ == nullptr ? nullptr : block_->items(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }
  const T& operator[](size_t i) const { return data()[i]; }
  const T& front() const { return data()[0]; }

  operator std::vector<T>() const { return {begin(), end()}; }  // NOLINT

  // Whether both are handles of one list; equal lists may be two.
  bool SharesWith(const SharedList& other) const { return block_ == other.block_; }
  friend bool operator==(const SharedList& a, const SharedList& b) {
    return a.block_ == b.block_ || std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  struct Block {
    std::atomic<uint32_t> references{1};
    uint32_t size = 0;
    T* items() { return reinterpret_cast<T*>(this + 1); }
  };
  static_assert(alignof(T) <= alignof(uint64_t) && sizeof(Block) == sizeof(uint64_t),
                "the elements follow the block directly");

  static Block* NewBlock(const T* items, size_t size) {
    if (size == 0) return nullptr;
    std::unique_ptr<void, void (*)(void*)> memory(::operator new(sizeof(Block) + size * sizeof(T)),
                                                  [](void* p) { ::operator delete(p); });
    std::uninitialized_copy_n(
        items, size, reinterpret_cast<T*>(static_cast<char*>(memory.get()) + sizeof(Block)));
    Block* block = new (memory.release()) Block;
    block->size = static_cast<uint32_t>(size);
    return block;
  }

  Block* block_ = nullptr;
};

}  // namespace muster::record

#endif  // MUSTER_SHARED_LIST_H_
