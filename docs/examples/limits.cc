// Many goroutines ask for a few pages; what they may ask of the server is limited in four ways.
#include <cstdio>
#include <string>

#include "absl/status/statusor.h"
#include "muster/muster.h"

namespace {

const muster::context::Context kBackground;

muster::iter::Seq<int> Requests(int count, int pages) {
  return muster::iter::Seq<int>([=](auto yield) {
    for (int i = 0; i < count; ++i) {
      if (!yield(i % pages)) return;
    }
  });
}

class Client {
 public:
  absl::StatusOr<std::string> Get(int page) {
    if (auto known = cache_.Load(page)) return *known;
    // Those who ask for the same page at the same time share one request.
    return flight_.Do(page, [this, page] { return Fetch(page); }).value;
  }

 private:
  absl::StatusOr<std::string> Fetch(int page) {
    if (auto known = cache_.Load(page)) return *known;
    // No more than 1000 requests a second, after the first ten, and four at a time.
    if (absl::Status status = limiter_.Wait(kBackground); !status.ok()) return status;
    if (absl::Status status = connections_.Acquire(kBackground, 1); !status.ok()) return status;
    const std::string text = "page " + std::to_string(page);
    connections_.Release(1);
    std::printf("fetched %s\n", text.c_str());
    cache_.Store(page, text);
    return text;
  }

  muster::sync::Map<int, std::string> cache_;
  muster::singleflight::Group<std::string, int> flight_;
  muster::rate::Limiter limiter_{1000, 10};
  muster::semaphore::Weighted connections_{4};
};

}  // namespace

int main() {
  return muster::Run([] {
    Client client;
    muster::errgroup::Group group;
    for (const int page : Requests(100, 3)) {
      group.Go([&client, page] { return client.Get(page).status(); });
    }
    return group.Wait().ok() ? 0 : 1;
  });
}
