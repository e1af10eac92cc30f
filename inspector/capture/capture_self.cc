#include "inspector/capture/own_symbols.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

Snapshot Symbolized(Snapshot snapshot, const CaptureOptions& options) {
  if (options.symbolize) Symbolize(&snapshot, OwnSymbols().symbolizer());
  return snapshot;
}

}  // namespace

Snapshot CaptureSelf(const CaptureOptions& options) {
  return Symbolized(FromRecord(record::Capture({.include_system = options.include_system})),
                    options);
}

Snapshot CaptureSelfGrouped(const CaptureOptions& options) {
  return Symbolized(FromRecord(record::CaptureGroups({.include_system = options.include_system})),
                    options);
}

}  // namespace muster::inspector
