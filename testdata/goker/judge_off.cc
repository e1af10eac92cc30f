// The build without the inspector can only run kernels.
#include <cstdio>
#include <cstdlib>

#include "testdata/goker/judge.h"

namespace goker {

void Judge(const Kernel& kernel, bool) {
  std::fprintf(stderr, "goker: %s: this build has no detectors; use --run\n", kernel.name);
  std::exit(2);
}

}  // namespace goker
