// Healthy: the twin of receiver_without_sender.cc. Whoever makes a channel closes it on every way
// out, so that its receiver ends.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

// Closes a channel at the end of the scope, whatever leaves it.
template <typename T>
struct CloseAtEnd {
  muster::Chan<T> chan;
  ~CloseAtEnd() { chan.Close(); }
};

void Subscribe(bool any_news) {
  const auto news = muster::MakeChan<std::string>();
  const CloseAtEnd<std::string> close{news};
  muster::Go([news] {
    for (const std::string& item : news) std::printf("news: %s\n", item.c_str());
  });
  if (!any_news) return;
  news.Send("goroutines in C++");
}

void Read() { Subscribe(/*any_news=*/false); }

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Read); }
