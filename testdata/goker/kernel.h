// Kernels: small programs that each carry one concurrency bug known from real Go services, written
// anew for this runtime. One file in kernels/ is one bug; its body does the buggy thing or the
// repaired one, as `buggy` says, and is otherwise the same program.
//
// A body runs as the program's main goroutine. It may be stuck for ever, or return while others
// are: what they use is therefore owned by those who use it (shared_ptr, captured by value). It
// must not depend on any one schedule.
#ifndef TESTDATA_GOKER_KERNEL_H_
#define TESTDATA_GOKER_KERNEL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "muster/muster.h"
#include "testdata/go_names.h"

namespace goker {

using namespace go_names;  // NOLINT(google-build-using-namespace): that is what it is for

struct Kernel {
  const char* name;
  const char* subtype;  // of the bug, in GoBench's words
  const char* tags;     // the kinds of detector that can see it
  void (*body)(bool buggy);
};

// The kernels of this program, in no order.
const std::vector<Kernel>& Kernels();

// Draw returns a number in [0, bound), drawn from the seed. Thread-safe.
uint32_t Draw(uint32_t bound);
void SeedDraws(uint64_t seed);

struct Registration {
  explicit Registration(const Kernel& kernel);
};

}  // namespace goker

// KERNEL(name, subtype, tags) { body, which may ask whether it is `buggy` }
// Inside an unnamed namespace.
#define KERNEL(name, subtype, tags)                                         \
  void Body(bool buggy);                                                    \
  const ::goker::Registration kRegistration({#name, subtype, tags, &Body}); \
  void Body([[maybe_unused]] bool buggy)

#endif  // TESTDATA_GOKER_KERNEL_H_
