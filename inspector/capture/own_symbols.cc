#include "inspector/capture/own_symbols.h"

#include <unistd.h>

#include <memory>

namespace muster::inspector {
namespace {

// Never destroyed: the endpoint's thread may still use it while the program exits.
struct Shared {
  std::mutex mutex;
  int pid = 0;
  std::unique_ptr<Symbolizer> symbolizer;
};

Shared& GetShared() {
  static auto* shared = new Shared;
  return *shared;
}

}  // namespace

OwnSymbols::OwnSymbols() : lock_(GetShared().mutex) {
  Shared& shared = GetShared();
  // A child of fork is another process, with another memory map to come.
  if (shared.symbolizer == nullptr || shared.pid != getpid()) {
    shared.pid = getpid();
    shared.symbolizer = Symbolizer::ForProcess(shared.pid);
  }
  symbolizer_ = shared.symbolizer.get();
}

}  // namespace muster::inspector
