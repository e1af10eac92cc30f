// Healthy: one list of pages is spread over four fetchers, each with a place of its own for what it
// found, so that they share nothing.
#include <array>
#include <cstdio>
#include <numeric>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void FanOut() {
  const auto pages = muster::MakeChan<std::string>();
  std::array<size_t, 4> letters{};
  muster::WaitGroup fetchers;
  for (size_t& mine : letters) {
    fetchers.Go([&mine, pages] {
      for (const std::string& page : pages) mine += page.size();
    });
  }
  for (int number = 0; number < 20; ++number) pages.Send("page-" + std::to_string(number));
  pages.Close();
  fetchers.Wait();
  std::printf("%zu letters\n", std::accumulate(letters.begin(), letters.end(), size_t{0}));
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, FanOut); }
