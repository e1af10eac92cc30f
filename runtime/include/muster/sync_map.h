// sync::Map is a map for many goroutines at once, as Go's sync.Map.
//
//   muster::sync::Map<std::string, Session> sessions;
//   sessions.Store(id, session);
//   if (std::optional<Session> found = sessions.Load(id)) ...
//
// It is meant for what Go's is: keys that are written once and read many times, or goroutines that
// work on sets of keys of their own. Otherwise a Mutex and an ordinary map say more.
//
// Values are handed out as copies; for large ones let V be a std::shared_ptr. Keys are spread over
// shards with a Mutex each. Under it run only a key's hash and equality, and the copying, moving
// and comparing of keys and values; these must not use the map. Values that are replaced or deleted
// are destroyed outside of it, and so are functions given to Range called.
//
// A call waits ("sync.Mutex.Lock") for the calls on the same shard.
//
// Memory model: a call that writes a key (Store, Swap, Delete, and the others if they do) happens
// before each call that sees its effect. Nothing else is ordered, and TSan takes nothing else to be
// but calls on keys whose hashes are the same modulo 256.
#ifndef MUSTER_SYNC_MAP_H_
#define MUSTER_SYNC_MAP_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "muster/sync.h"
#include "muster/unseen.h"

namespace muster::sync {

// K must be hashable by absl::Hash, or else by `Hash`; V copyable and movable. Thread-safe.
template <typename K, typename V, typename Hash = typename absl::flat_hash_map<K, V>::hasher,
          typename Equal = typename absl::flat_hash_map<K, V>::key_equal>
class Map {
 public:
  Map() = default;
  Map(const Map&) = delete;
  Map& operator=(const Map&) = delete;

  // Load gives the value of `key`; nullopt if there is none.
  std::optional<V> Load(const K& key) const {
    Call call(*this, key);
    call.HasRead();
    const auto at = call.Find(key);
    return at == call.end() ? std::nullopt : std::optional<V>(at->second);
  }

  void Store(K key, V value) { Swap(std::move(key), std::move(value)); }

  // Swap stores `value` and gives what was there before, if anything was.
  std::optional<V> Swap(K key, V value) {
    Call call(*this, key);
    call.HasRead();
    call.HasWritten();
    const auto [at, fresh] = call.table().try_emplace(std::move(key), std::move(value));
    if (fresh) return std::nullopt;
    // `value` has not been moved from.
    std::optional<V> previous(std::move(at->second));
    at->second = std::move(value);
    return previous;
  }

  struct Stored {
    V actual;
    bool loaded;  // it was there already
  };
  // LoadOrStore gives the value of `key`; if there is none it stores `value` and gives that.
  Stored LoadOrStore(K key, V value) {
    Call call(*this, key);
    call.HasRead();
    const auto [at, fresh] = call.table().try_emplace(std::move(key), std::move(value));
    if (fresh) call.HasWritten();
    return {at->second, !fresh};
  }

  // LoadAndDelete takes the key out and gives its value, if there was one.
  std::optional<V> LoadAndDelete(const K& key) {
    // Destroyed once the lock is free, and so is the key.
    typename Table::node_type taken;
    {
      Call call(*this, key);
      call.HasRead();
      taken = call.table().extract(key);
      if (!taken.empty()) call.HasWritten();
    }
    return taken.empty() ? std::nullopt : std::optional<V>(std::move(taken.mapped()));
  }

  void Delete(const K& key) { (void)LoadAndDelete(key); }

  // CompareAndSwap stores `desired` if the value of `key` equals `old`.
  bool CompareAndSwap(const K& key, const V& old, V desired) {
    Call call(*this, key);
    call.HasRead();
    const auto at = call.Find(key);
    if (at == call.end() || !(at->second == old)) return false;
    std::swap(at->second, desired);
    call.HasWritten();
    return true;
  }

  // CompareAndDelete takes the key out if its value equals `old`.
  bool CompareAndDelete(const K& key, const V& old) {
    typename Table::node_type taken;
    Call call(*this, key);
    call.HasRead();
    const auto at = call.Find(key);
    if (at == call.end() || !(at->second == old)) return false;
    taken = call.table().extract(at);
    call.HasWritten();
    return true;
  }

  // Range calls `f(key, value)` for each key until it returns false; it may return void. Each key
  // is visited at most once; one that others store or delete meanwhile may be visited or not. `f`
  // may use the map. As in Go it takes time for all keys, even if `f` ends it early, but for those
  // of shards that it did not come to.
  template <typename F>
  void Range(F&& f) const {
    for (Shard& shard : shards_) {
      for (const K& key : KeysOf(shard)) {
        const std::optional<V> value = Load(key);
        if (!value.has_value()) continue;
        if constexpr (std::is_void_v<std::invoke_result_t<F&, const K&, const V&>>) {
          f(key, *value);
        } else {
          if (!f(key, *value)) return;
        }
      }
    }
  }

  // Clear deletes all keys. One that is stored meanwhile may stay.
  void Clear() {
    for (Shard& shard : shards_) {
      Table taken;
      ::muster::internal::UnseenScope unseen;
      const std::unique_lock lock(shard.mutex);
      std::swap(taken, shard.map);
      for (size_t i = 0; i < ::muster::internal::UnseenEdges::kCount; ++i) {
        unseen.Acquire(edges_.Of(i));
        unseen.Release(edges_.Of(i));
      }
    }
  }

 private:
  using Table = absl::flat_hash_map<K, V, Hash, Equal>;
  static constexpr size_t kShards = 32;

  // A Mutex: a call holds it for so short a time that the second atomic variable of an RWMutex, the
  // number of its readers, would cost more than readers that run side by side would save.
  struct alignas(64) Shard {
    Mutex mutex;
    Table map;
  };

  // A call on one key. It holds the shard's lock.
  class Call {
   public:
    Call(const Map& map, const K& key)
        : hash_(typename Table::hasher()(key)),
          edge_(map.edges_.Of(hash_)),
          shard_(map.shards_[IndexOf(hash_)]),
          lock_(shard_.mutex) {}
    Table& table() { return shard_.map; }
    auto Find(const K& key) { return shard_.map.find(key, hash_); }
    auto end() { return shard_.map.end(); }
    // What has written the key so far happened before; all that reads it from now on comes after.
    void HasRead() { unseen_.Acquire(edge_); }
    void HasWritten() { unseen_.Release(edge_); }

   private:
    ::muster::internal::UnseenScope unseen_;
    const size_t hash_;
    void* const edge_;
    Shard& shard_;
    const std::unique_lock<Mutex> lock_;
  };

  // The table goes by the lower bits of the hash.
  static size_t IndexOf(size_t hash) {
    constexpr int kUpper = 64 - 5;
    static_assert(kShards == size_t{1} << (64 - kUpper));
    return static_cast<size_t>((uint64_t{hash} * 0x9e3779b97f4a7c15ULL) >> kUpper);
  }

  static std::vector<K> KeysOf(Shard& shard) {
    std::vector<K> keys;
    const ::muster::internal::UnseenScope unseen;
    const std::unique_lock lock(shard.mutex);
    keys.reserve(shard.map.size());
    for (const auto& [key, value] : shard.map) keys.push_back(key);
    return keys;
  }

  mutable std::array<Shard, kShards> shards_;
  [[no_unique_address]] mutable ::muster::internal::UnseenEdges edges_;
};

}  // namespace muster::sync

#endif  // MUSTER_SYNC_MAP_H_
