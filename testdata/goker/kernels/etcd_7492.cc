// Tokens are handed to their keeper under the lock that the keeper takes to expire them.
#include <map>
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct TokenKeeper {
  Mutex mutex;
  Chan<int> add = MakeChan<int>(1);
  Chan<Chan<Unit>> stop = MakeChan<Chan<Unit>>();

  void Run() {
    std::map<int, bool> tokens;
    time::Ticker ticker = time::NewTicker(absl::Nanoseconds(1));
    for (bool stopped = false; !stopped;) {
      Select(OnRecv(add, [&](std::optional<int> token) { tokens[*token] = true; }),
             OnRecv(ticker.C(),
                    [&] {
                      while (!tokens.empty()) {
                        mutex.Lock();
                        mutex.Unlock();
                        tokens.erase(tokens.begin());
                      }
                    }),
             OnRecv(stop, [&](std::optional<Chan<Unit>> answer) {
               stopped = true;
               ticker.Stop();
               answer->Send({});
             }));
    }
  }
  void Assign(int token, bool buggy) {
    mutex.Lock();
    if (!buggy) mutex.Unlock();
    add.Send(token);
    if (buggy) mutex.Unlock();
  }
  void Stop() {
    auto answer = MakeChan<Unit>();
    stop.Send(answer);
    answer.Recv();
  }
};

KERNEL(etcd_7492, "Channel & Lock", "MIX PART GLOB LEAK") {
  auto keeper = std::make_shared<TokenKeeper>();
  auto users = std::make_shared<WaitGroup>();
  Go([keeper] { keeper->Run(); });
  for (int token = 0; token < 3; ++token) {
    users->Go([keeper, token, buggy] { keeper->Assign(token, buggy); });
  }
  users->Wait();
  keeper->Stop();
}

}  // namespace
}  // namespace goker
