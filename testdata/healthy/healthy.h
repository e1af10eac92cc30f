// Healthy programs that look guilty: goroutines wait for a long time, on channels that hardly
// anybody knows, behind locks that others took; but each of them will be woken. No detector may say
// more than that it suspects something, and nothing may ever be called proven.
//
// One file in programs/ is one program. Its body runs as a goroutine; it sets the scene, calls
// Look() once everybody is about to wait, and then lets all of them end.
#ifndef TESTDATA_HEALTHY_HEALTHY_H_
#define TESTDATA_HEALTHY_HEALTHY_H_

#include <vector>

#include "muster/muster.h"
#include "testdata/go_names.h"

namespace healthy {

using namespace go_names;  // NOLINT(google-build-using-namespace): that is what it is for

struct Program {
  const char* name;
  void (*body)();
};

const std::vector<Program>& Programs();

// Look waits until all goroutines but the caller wait (or sleep), and then lets every detector
// judge them, the search of memory included. What they say above a suspicion is printed, and
// counts.
void Look();

struct Registration {
  explicit Registration(const Program& program);
};

}  // namespace healthy

// HEALTHY(name) { body }, inside an unnamed namespace.
#define HEALTHY(name)                                          \
  void Body();                                                 \
  const ::healthy::Registration kRegistration({#name, &Body}); \
  void Body()

#endif  // TESTDATA_HEALTHY_HEALTHY_H_
