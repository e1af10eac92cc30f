// Healthy: the twin of all_asleep.cc. The waiter orders before it waits for the dish.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Kitchen(const muster::RecvChan<std::string>& orders,
             const muster::SendChan<std::string>& dishes) {
  dishes.Send("one " + orders.Recv().value());
}

void Waiter() {
  const auto orders = muster::MakeChan<std::string>();
  const auto dishes = muster::MakeChan<std::string>();
  muster::Go([=] { Kitchen(orders, dishes); });
  orders.Send("soup");
  std::printf("serving %s\n", dishes.Recv().value().c_str());
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Waiter); }
