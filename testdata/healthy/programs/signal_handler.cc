// A signal's handler will wake it, by way of a global variable.
#include <csignal>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

Chan<int> g_from_handler;
void OnSignal(int) {
  Select(OnSend(g_from_handler, 1, [] {}), OnDefault([] {}));
}

HEALTHY(signal_handler) {
  g_from_handler = MakeChan<int>(1);
  struct sigaction action = {}, previous = {};
  action.sa_handler = &OnSignal;
  sigaction(SIGUSR2, &action, &previous);
  Go([] { g_from_handler.Recv(); });
  Look();
  std::raise(SIGUSR2);
  sigaction(SIGUSR2, &previous, nullptr);
}

}  // namespace
}  // namespace healthy
