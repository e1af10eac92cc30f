// singleflight::Group makes one call of several that are asked for at the same time, as Go's
// golang.org/x/sync/singleflight does.
//
//   muster::singleflight::Group<Page> pages;
//   auto [page, shared] = pages.Do(url, [&] { return Fetch(url); });
//
// The function returns absl::StatusOr<V>, and all callers get a copy of what it returned.
//
// An exception that leaves the function is thrown in every Do of that call; if somebody has asked
// by DoChan, who could not be told, it ends the process. A function that ends by runtime::Goexit
// ends the goroutines of every Do; channels of DoChan then never get anything, as in Go.
//
// Memory model: the end of the function happens before the return of every Do, and before the
// receive from the channel of every DoChan, that it answers.
#ifndef MUSTER_SINGLEFLIGHT_H_
#define MUSTER_SINGLEFLIGHT_H_

#include <cxxabi.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"

namespace muster::singleflight {

template <typename V>
struct Result {
  absl::StatusOr<V> value;
  bool shared = false;  // it was given to several callers
};

// Thread-safe. It must outlive the calls that are under way.
template <typename V, typename K = std::string>
class Group {
 public:
  Group() = default;
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Do calls `fn()`, unless a call for `key` is under way: then it waits for that one
  // ("sync.WaitGroup.Wait") and gives what that gave.
  template <typename F>
  Result<V> Do(const K& key, F&& fn) {
    bool first = false;
    const std::shared_ptr<Call> call = Join(key, nullptr, &first);
    if (first) {
      Make(key, call, fn);
      if (call->exception != nullptr) std::rethrow_exception(call->exception);
      return {*call->value, call->shared};
    }
    call->ended.Wait();
    if (call->exception != nullptr) std::rethrow_exception(call->exception);
    if (!call->value.has_value()) runtime::Goexit();
    return {*call->value, true};
  }

  // DoChan is Do without the wait: the result comes on the channel, which is never closed. `fn` is
  // called in a goroutine of its own.
  template <typename F>
  RecvChan<Result<V>> DoChan(const K& key, F&& fn) {
    const Chan<Result<V>> answer = MakeChan<Result<V>>(1);
    bool first = false;
    std::shared_ptr<Call> call = Join(key, &answer, &first);
    if (!first) return answer;
    Go([this, key, call = std::move(call), fn = std::forward<F>(fn)]() mutable {
      Make(key, call, fn);
    });
    return answer;
  }

  // Forget makes the next Do for `key` call its function, though one may be under way.
  void Forget(const K& key) {
    std::shared_ptr<Call> forgotten;  // goes once the lock is free
    const std::unique_lock lock(mutex_);
    const auto at = calls_.find(key);
    if (at == calls_.end()) return;
    forgotten = std::move(at->second);
    calls_.erase(at);
  }

 private:
  struct Call {
    WaitGroup ended;
    // Guarded by the group's mutex until it has ended.
    int joined = 0;
    std::vector<Chan<Result<V>>> answers;
    // Written before the end. None of both: it ended by Goexit.
    std::optional<absl::StatusOr<V>> value;
    std::exception_ptr exception;
    bool shared = false;
  };

  // However the function ends, even by Goexit.
  struct EndAtExit {
    Group* group;
    const K& key;
    const std::shared_ptr<Call>& call;
    ~EndAtExit() { group->End(key, call); }
  };

  std::shared_ptr<Call> Join(const K& key, const Chan<Result<V>>* answer, bool* first) {
    const std::unique_lock lock(mutex_);
    std::shared_ptr<Call>& entry = calls_[key];
    *first = entry == nullptr;
    if (*first) {
      entry = std::make_shared<Call>();
      entry->ended.Add(1);
    } else {
      ++entry->joined;
    }
    if (answer != nullptr) entry->answers.push_back(*answer);
    return entry;
  }

  template <typename F>
  void Make(const K& key, const std::shared_ptr<Call>& call, F& fn) {
    static_assert(std::is_convertible_v<std::invoke_result_t<F&>, absl::StatusOr<V>>,
                  "the function returns absl::StatusOr<V>");
    const EndAtExit end{this, key, call};
    try {
      call->value.emplace(fn());
    } catch (const abi::__forced_unwind&) {
      throw;
    } catch (...) {
      call->exception = std::current_exception();
    }
  }

  void End(const K& key, const std::shared_ptr<Call>& call) {
    {
      const std::unique_lock lock(mutex_);
      call->shared = call->joined > 0;
      const auto at = calls_.find(key);
      if (at != calls_.end() && at->second == call) calls_.erase(at);
    }
    // Nobody joins any more.
    if (call->exception != nullptr && !call->answers.empty()) {
      Go([exception = call->exception] { std::rethrow_exception(exception); });
      Select();  // nobody shall catch it
    }
    if (call->value.has_value()) {
      for (const Chan<Result<V>>& answer : call->answers) answer.Send({*call->value, call->shared});
    }
    call->ended.Done();
  }

  Mutex mutex_;
  absl::flat_hash_map<K, std::shared_ptr<Call>> calls_;  // guarded by mutex_
};

}  // namespace muster::singleflight

#endif  // MUSTER_SINGLEFLIGHT_H_
