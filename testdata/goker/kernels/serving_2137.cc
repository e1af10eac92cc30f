// Requests wait for a breaker in one order, and the test lets them go in the other.
#include <memory>
#include <optional>

#include "testdata/goker/kernel.h"

namespace goker {
namespace {

struct Request {
  Mutex mutex;
  Chan<bool> accepted = MakeChan<bool>(1);
};

struct Breaker {
  Chan<Unit> pending = MakeChan<Unit>(2);
  Chan<Unit> active = MakeChan<Unit>(1);

  bool Maybe(Request& request) {
    if (Select(OnSend(pending, Unit()), OnDefault()) == 1) return false;
    active.Send({});
    request.mutex.Lock();
    request.mutex.Unlock();
    active.Recv();
    pending.Recv();
    return true;
  }
};

std::shared_ptr<Request> Ask(const std::shared_ptr<Breaker>& breaker) {
  auto request = std::make_shared<Request>();
  auto started = std::make_shared<WaitGroup>();
  request->mutex.Lock();
  started->Add(1);
  Go([breaker, request, started] {
    started->Done();
    request->accepted.Send(breaker->Maybe(*request));
  });
  started->Wait();
  return request;
}

void AwaitAnswer(Request& request) {
  std::optional<bool> accepted = request.accepted.Recv();
  request.accepted.Send(*accepted);
}

KERNEL(serving_2137, "Channel & Lock", "MIX PART GLOB LEAK") {
  auto breaker = std::make_shared<Breaker>();
  auto first = Ask(breaker);
  auto second = Ask(breaker);
  first->mutex.Unlock();
  if (buggy) {
    AwaitAnswer(*first);
    second->mutex.Unlock();
  } else {
    second->mutex.Unlock();
    AwaitAnswer(*first);
  }
  AwaitAnswer(*second);
}

}  // namespace
}  // namespace goker
