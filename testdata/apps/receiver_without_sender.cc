// Broken: a goroutine waits for a message that nobody will send.
//
// The bug: Subscribe returns early when there is no news, and forgets the goroutine it has started.
// It waits for ever, and keeps alive what it has captured. The cure: receiver_with_sender.cc.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Subscribe(bool any_news) {
  const auto news = muster::MakeChan<std::string>();
  muster::Go([news] {
    for (const std::string& item : news) std::printf("news: %s\n", item.c_str());
  });
  if (!any_news) return;  // Neither a send nor a close: the receiver is lost.
  news.Send("goroutines in C++");
  news.Close();
}

void Read() { Subscribe(/*any_news=*/false); }

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Read); }
