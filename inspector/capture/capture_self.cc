#include <unistd.h>

#include <memory>
#include <mutex>

#include "muster/inspector/capture.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

// The process's symbolizer, kept so that the second snapshot finds its answers ready. Never
// destroyed: the endpoint's thread may still use it while the program exits.
struct Symbols {
  std::mutex mutex;
  int pid = 0;
  std::unique_ptr<Symbolizer> symbolizer;
};

Symbols& OwnSymbols() {
  static auto* symbols = new Symbols;
  return *symbols;
}

}  // namespace

Snapshot CaptureSelf(const CaptureOptions& options) {
  record::CaptureOptions raw_options;
  raw_options.include_system = options.include_system;
  Snapshot snapshot = FromRecord(record::Capture(raw_options));
  if (!options.symbolize) return snapshot;
  Symbols& symbols = OwnSymbols();
  const std::lock_guard<std::mutex> lock(symbols.mutex);
  if (symbols.symbolizer == nullptr || symbols.pid != getpid()) {
    symbols.pid = getpid();
    symbols.symbolizer = Symbolizer::ForProcess(symbols.pid);
  }
  Symbolize(&snapshot, symbols.symbolizer.get());
  return snapshot;
}

}  // namespace muster::inspector
