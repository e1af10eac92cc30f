#include "inspector/capture/own_symbols.h"

#include <unistd.h>

#include <cstdint>
#include <memory>

// Where LeakSanitizer is linked.
extern "C" __attribute__((weak)) void __lsan_ignore_object(const void* object);

namespace muster::inspector {
namespace {

// Never destroyed: the endpoint's thread may still use it while the program exits.
struct Shared {
  std::mutex mutex;
  int pid = 0;
  std::unique_ptr<Symbolizer> symbolizer;
};

// Its address is kept inverted, for FindLeaks (muster/leaks.h) not to follow it: libdw leaves much
// of its memory as malloc gave it, with old words in it that once were snapshots' addresses, and
// these would hide the leaks that the snapshots told of.
Shared& GetShared() {
  static const uintptr_t inverted = [] {
    auto* const made = new Shared;
    if (__lsan_ignore_object != nullptr) __lsan_ignore_object(made);
    return ~reinterpret_cast<uintptr_t>(made);
  }();
  return *reinterpret_cast<Shared*>(~inverted);
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
