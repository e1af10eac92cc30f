// What the conformance tests say of goroutines that block.
#ifndef TESTS_RUNTIME_CONFORMANCE_BLOCKED_H_
#define TESTS_RUNTIME_CONFORMANCE_BLOCKED_H_

#include <cstdint>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "tests/runtime/wait_until.h"

namespace muster::testing {

// Starts `body` and returns its goroutine's id once that waits for `reason`; hangs, and so fails,
// when it never does.
template <typename Body>
uint64_t GoAndBlock(record::WaitReason reason, Body body) {
  auto id = MakeChan<uint64_t>(1);
  Go([id, body] {
    id.Send(runtime::GoroutineId());
    body();
  });
  const uint64_t blocked = *id.Recv();
  WaitUntilParked(blocked, reason);
  return blocked;
}

}  // namespace muster::testing

#endif  // TESTS_RUNTIME_CONFORMANCE_BLOCKED_H_
