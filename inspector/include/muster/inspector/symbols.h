// Symbols: return addresses to functions, files and lines, by elfutils libdw.
#ifndef MUSTER_INSPECTOR_SYMBOLS_H_
#define MUSTER_INSPECTOR_SYMBOLS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector {

// Symbolizer resolves addresses of one process's mappings. Reads ELF and DWARF files named by
// the process's maps; answers are cached. Not thread-safe.
class Symbolizer {
 public:
  // For the calling process, or another process of this machine by pid.
  static std::unique_ptr<Symbolizer> ForProcess(int pid);
  virtual ~Symbolizer() = default;
  // The frames at a return address, innermost inlined one first; never empty: an address that
  // nothing is known of gives one frame with module+offset, or with only its pc.
  virtual std::vector<Frame> Resolve(uint64_t return_address) = 0;
  // The executable mappings, by address.
  virtual std::vector<Mapping> Mappings() = 0;
};

// Symbolize replaces every frame that has a pc and no function, expanding inlined ones, re-interns
// the stacks, and fills in `mappings`.
void Symbolize(Snapshot* snapshot, Symbolizer* symbolizer);

// True for the runtime's own frames (muster::sched::..., muster::Chan<...>::Recv, context switch,
// thread entry): what a dump folds by default so that the user's own frame comes first.
bool IsRuntimeFrame(const Frame& frame);

// A demangled name made short: template arguments and parameters elided as pprof does, lambdas
// named after their function ("main::{lambda#1}").
std::string ShortFunctionName(std::string_view demangled);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_SYMBOLS_H_
