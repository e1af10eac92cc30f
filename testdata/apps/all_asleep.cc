// Broken: the kitchen waits for an order, the waiter for a dish: all goroutines are asleep.
//
// The bug: each side receives first. The cure: all_asleep_fixed.cc.
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
  std::printf("serving %s\n", dishes.Recv().value().c_str());
  orders.Send("soup");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Waiter, apps::Ending::kHangs); }
