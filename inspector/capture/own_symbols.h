// OwnSymbols: the calling process's symbolizer, kept so that the second snapshot finds its answers
// ready. Holds the lock on it for as long as it lives.
#ifndef MUSTER_INSPECTOR_CAPTURE_OWN_SYMBOLS_H_
#define MUSTER_INSPECTOR_CAPTURE_OWN_SYMBOLS_H_

#include <mutex>

#include "muster/inspector/symbols.h"

namespace muster::inspector {

class OwnSymbols {
 public:
  OwnSymbols();
  Symbolizer* symbolizer() const { return symbolizer_; }

 private:
  std::unique_lock<std::mutex> lock_;
  Symbolizer* symbolizer_;
};

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_OWN_SYMBOLS_H_
