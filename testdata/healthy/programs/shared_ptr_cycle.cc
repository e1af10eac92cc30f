// Two objects own each other, and one of them the channel; a weak pointer leads there.
#include <memory>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

struct Node {
  std::shared_ptr<Node> other;
  Chan<int> chan;
};

HEALTHY(shared_ptr_cycle) {
  auto a = std::make_shared<Node>();
  a->other = std::make_shared<Node>();
  a->other->other = a;
  a->other->chan = MakeChan<int>();
  Go([chan = a->other->chan] { chan.Recv(); });
  Look();
  a->other->chan.Close();
  a->other->other.reset();
}

}  // namespace
}  // namespace healthy
