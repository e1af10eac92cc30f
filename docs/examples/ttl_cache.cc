// A cache whose entries live for a while, shared by many readers: ttl_cache MILLISECONDS.
//
// Readers take a read lock, so they do not wait for each other. A key that is not there is loaded
// once, however many ask for it. One janitor goroutine throws old entries away, and ends with its
// context.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "muster/muster.h"

class TtlCache {
 public:
  using Load = std::function<std::string(const std::string&)>;

  TtlCache(absl::Duration ttl, Load load) : ttl_(ttl), load_(std::move(load)) {}

  // The value of `key`, which is loaded if it is not there or too old.
  std::string Get(const std::string& key) {
    const std::shared_ptr<Entry> entry = Find(key);
    entry->once.Do([&] { entry->value = load_(key); });
    return entry->value;
  }

  size_t size() {
    const std::shared_lock<muster::RWMutex> lock(mutex_);
    return entries_.size();
  }

  // Throws away what is too old, until `context` is done. Run it in a goroutine of its own.
  void SweepUntilDone(const muster::context::Context& context) {
    muster::time::Ticker ticker = muster::time::NewTicker(ttl_);
    bool done = false;
    while (!done) {
      muster::Select(muster::OnRecv(ticker.C(), [&] { Sweep(); }),
                     muster::OnRecv(context.Done(), [&] { done = true; }));
    }
    ticker.Stop();
  }

 private:
  struct Entry {
    absl::Time expires;
    muster::Once once;  // loads
    std::string value;
  };

  std::shared_ptr<Entry> Find(const std::string& key) {
    const absl::Time now = absl::Now();
    {
      const std::shared_lock<muster::RWMutex> lock(mutex_);
      const auto at = entries_.find(key);
      if (at != entries_.end() && at->second->expires > now) return at->second;
    }
    const std::scoped_lock lock(mutex_);
    std::shared_ptr<Entry>& entry = entries_[key];
    // Another goroutine may have been here between the two locks.
    if (entry == nullptr || entry->expires <= now) {
      entry = std::make_shared<Entry>();
      entry->expires = now + ttl_;
    }
    return entry;
  }

  void Sweep() {
    const absl::Time now = absl::Now();
    const std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [now](const auto& item) { return item.second->expires <= now; });
  }

  const absl::Duration ttl_;
  const Load load_;
  muster::RWMutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: ttl_cache MILLISECONDS\n");
    return 2;
  }
  const absl::Duration length = absl::Milliseconds(std::atoi(argv[1]));
  return muster::Run([length] {
    std::atomic<int> loads{0};
    TtlCache cache(absl::Milliseconds(20), [&](const std::string& key) {
      ++loads;
      muster::time::Sleep(absl::Milliseconds(2));  // as slow as a data base
      return "value of " + key;
    });
    auto [context, cancel] = muster::context::WithTimeout(muster::context::Background(), length);
    muster::WaitGroup all;
    all.Go([&cache, context = context] { cache.SweepUntilDone(context); });
    std::atomic<int> reads{0}, wrong{0};
    for (int reader = 0; reader < 8; ++reader) {
      all.Go([&, context = context] {
        for (int i = 0; context.Err().ok(); ++i) {
          const std::string key = std::to_string(i % 10);
          if (cache.Get(key) != "value of " + key) ++wrong;
          ++reads;
          muster::time::Sleep(absl::Microseconds(100));
        }
      });
    }
    all.Wait();
    cancel();
    std::printf("%d reads, %s, %d wrong\n", reads.load(),
                loads.load() < reads.load() ? "fewer loads" : "as many loads", wrong.load());
    return wrong.load() == 0 ? 0 : 1;
  });
}
