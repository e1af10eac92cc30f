#include "runtime/stack/walk.h"

#include <algorithm>

#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"

namespace muster::stack {
namespace {

// Cuts the walk behind the goroutine's entry function, where it should have ended by itself.
int EndAtEntry(const uint64_t* pcs, int count) {
  for (int i = 0; i < count; ++i) {
    if (sched::IsGoroutineEntry(pcs[i])) return i;
  }
  return count;
}

}  // namespace

Registers SavedRegisters(const sched::G* g) {
  Registers registers{};
#if defined(__x86_64__)
  // jump_fcontext pushes, from low to high addresses: MXCSR and x87 control word (8 bytes), the
  // stack protector's slot (8), R12, R13, R14, R15, RBX, RBP, and the return address.
  const uint64_t* saved = static_cast<const uint64_t*>(g->context);
  registers.r12 = saved[2];
  registers.r13 = saved[3];
  registers.r14 = saved[4];
  registers.r15 = saved[5];
  registers.rbx = saved[6];
  registers.rbp = saved[7];
  registers.pc = saved[8];
  registers.sp = reinterpret_cast<uint64_t>(saved + 9);
#endif
  return registers;
}

__attribute__((noinline)) int WalkHere(uint64_t* pcs, int max, int skip) {
  constexpr int kOwnFrames = 6;  // of libunwind and its wrappers, at most
  uint64_t all[record::kMaxFrames + 2 * kOwnFrames];
  constexpr int kRoom = sizeof(all) / sizeof(all[0]);
  const int wanted = std::min(max + skip + kOwnFrames, kRoom);
  const auto caller = reinterpret_cast<uint64_t>(__builtin_return_address(0));
  int count = muster_unwind_here(all, wanted);
  uint64_t* begin = std::find(all, all + std::min(count, kOwnFrames), caller);
  if (count == 0 || begin == all + std::min(count, kOwnFrames)) {
    // No libunwind here: by frame pointers, within the stack as far as it is known.
    const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    const sched::G* self = sched::Self();
    const bool known = frame >= self->stack_lo && frame < self->stack_hi;
    count = WalkFramePointers(caller - 1, frame, *reinterpret_cast<uintptr_t*>(frame),
                              known ? self->stack_hi : frame + (16 << 10), all, wanted);
    begin = all;
  }
  count = std::clamp(static_cast<int>(all + count - begin) - skip, 0, max);
  std::copy_n(begin + skip, count, pcs);
  return EndAtEntry(pcs, count);
}

int WalkRegisters(const Registers& registers, uintptr_t lo, uintptr_t hi, uint64_t* pcs, int max) {
  int count = muster_unwind_from(&registers, lo, hi, pcs, max);
  if (count <= 1) {
    count = WalkFramePointers(registers.pc - 1, registers.sp, registers.rbp, hi, pcs, max);
  }
  return EndAtEntry(pcs, count);
}

int WalkParked(const sched::G* g, uint64_t* pcs, int max) {
  if (!g->started) {
    if (max < 1 || g->run == nullptr) return 0;
    pcs[0] = reinterpret_cast<uint64_t>(g->run) + 1;
    return 1;
  }
  return WalkRegisters(SavedRegisters(g), g->stack_lo, g->stack_hi, pcs, max);
}

int WalkFramePointers(uintptr_t pc, uintptr_t sp, uintptr_t fp, uintptr_t hi, uint64_t* pcs,
                      int max) {
  int count = 0;
  if (count < max) pcs[count++] = pc + 1;
  uintptr_t previous = sp;
  while (count < max && fp >= previous && fp % sizeof(void*) == 0 && fp + 16 <= hi) {
    const auto* frame = reinterpret_cast<const uintptr_t*>(fp);
    if (frame[1] == 0) break;
    pcs[count++] = frame[1];
    previous = fp + 16;
    fp = frame[0];
  }
  return EndAtEntry(pcs, count);
}

}  // namespace muster::stack
