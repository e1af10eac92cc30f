// sync::Pool keeps objects that are not in use for those who would otherwise make new ones, as Go's
// sync.Pool.
//
//   muster::sync::Pool<Buffer> buffers([] { return std::make_unique<Buffer>(64 << 10); });
//   std::unique_ptr<Buffer> buffer = buffers.Get();
//   ...
//   buffers.Put(std::move(buffer));
//
// Each P has a cache of its own; Get takes what was put there last, else the oldest of another P's.
// Neither waits for anything but a few instructions of another thread.
//
// What clears it: Go's collector does it there, and there is none here. An object that nobody has
// taken for between one and two periods of 10 s is destroyed by the next Put or Get on that P's
// cache, in the caller's goroutine, as in Go, where an object survives one collection and not the
// second. A pool that is not used keeps what it has until Clear, or its end. Objects may also be
// destroyed at once: a cache holds no more than 1024.
//
// Memory model: a Put happens before the Get that returns the same object.
#ifndef MUSTER_SYNC_POOL_H_
#define MUSTER_SYNC_POOL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace muster::sync {
namespace internal {

// The pool without its type: of pointers, whose objects `destroy` destroys.
class PoolCore {
 public:
  using Destroy = void (*)(void* object);

  explicit PoolCore(Destroy destroy);
  ~PoolCore();
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;

  void* Get();  // null: there is none
  void Put(void* object);
  void Clear();

  // As at the time `now_ns`.
  void* GetAt(int64_t now_ns);
  void PutAt(void* object, int64_t now_ns);

 private:
  struct Cache;
  struct Stale;
  Cache& Own() const;

  const Destroy destroy_;
  const size_t count_;  // a power of two
  const std::unique_ptr<Cache[]> caches_;
};

}  // namespace internal

// Thread-safe. It must outlive no object that it has given out, and none that it is given is its
// own: they are the caller's between Get and Put.
template <typename T>
class Pool {
 public:
  // Go's Pool{New: make}: Get calls `make` when there is nothing. Without one Get gives nullptr
  // then.
  explicit Pool(std::function<std::unique_ptr<T>()> make = nullptr) : make_(std::move(make)) {}

  // Get takes an object out of the pool, or makes one. In what state it is, is up to those who Put.
  std::unique_ptr<T> Get() {
    std::unique_ptr<T> object(static_cast<T*>(core_.Get()));
    return object == nullptr && make_ ? make_() : std::move(object);
  }

  // Put adds `object`, unless it is null.
  void Put(std::unique_ptr<T> object) {
    if (object != nullptr) core_.Put(object.release());
  }

  // Clear destroys all objects that are in the pool. Go has no such call.
  void Clear() { core_.Clear(); }

 private:
  internal::PoolCore core_{[](void* object) { delete static_cast<T*>(object); }};
  const std::function<std::unique_ptr<T>()> make_;
};

}  // namespace muster::sync

#endif  // MUSTER_SYNC_POOL_H_
