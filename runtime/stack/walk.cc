#include "runtime/stack/walk.h"

#include <algorithm>

#include "runtime/sched/scheduler.h"
#include "runtime/sched/switch.h"
#include "runtime/stack/frame_trust.h"

extern "C" const char __start_muster_goroutine_entry[] __attribute__((visibility("hidden")));
extern "C" const char __stop_muster_goroutine_entry[] __attribute__((visibility("hidden")));

namespace muster::stack {
namespace {

// Cuts the walk behind the goroutine's entry function, where it should have ended by itself.
int EndAtEntry(const uint64_t* pcs, int count) {
  for (int i = 0; i < count; ++i) {
    if (sched::IsGoroutineEntry(pcs[i])) return i;
  }
  return count;
}

// libunwind's own frames and its wrappers', at most.
constexpr int kUnwindFrames = 6;
constexpr int kRoom = record::kMaxFrames + kUnwindFrames;

// The stack from the frame with base `fp` on where there is no libunwind: by frame pointers, as far
// up as memory is known to be a stack.
int WalkAsFarAsKnown(uintptr_t fp, uint64_t* pcs, int max) {
  const sched::G* self = sched::Self();
  const bool known = fp >= self->stack_lo && fp < self->stack_hi;
  Chain chain;
  WalkChain(fp, fp, known ? self->stack_hi : fp + (16 << 10), pcs, max, &chain);
  return chain.count;
}

}  // namespace

__attribute__((no_sanitize("address"))) Registers SavedRegisters(const void* context) {
  Registers registers{};
#if defined(__x86_64__)
  // From low to high addresses: MXCSR and x87 control word (8 bytes), the
  // stack protector's slot (8), R12, R13, R14, R15, RBX, RBP, and the return address.
  const uint64_t* saved = static_cast<const uint64_t*>(context);
  registers.r12 = __atomic_load_n(&saved[2], __ATOMIC_RELAXED);
  registers.r13 = __atomic_load_n(&saved[3], __ATOMIC_RELAXED);
  registers.r14 = __atomic_load_n(&saved[4], __ATOMIC_RELAXED);
  registers.r15 = __atomic_load_n(&saved[5], __ATOMIC_RELAXED);
  registers.rbx = __atomic_load_n(&saved[6], __ATOMIC_RELAXED);
  registers.rbp = __atomic_load_n(&saved[7], __ATOMIC_RELAXED);
  registers.pc = __atomic_load_n(&saved[8], __ATOMIC_RELAXED);
  registers.sp = reinterpret_cast<uint64_t>(saved) + kSavedContextSize;
#else
  (void)context;
#endif
  return registers;
}

int WalkAndLearn(const Registers& registers, const muster_unwind_stack& stack, uint64_t* pcs,
                 int max) {
  uint8_t keeps[kRoom];
  muster_unwind_end end;
  const int count = muster_unwind_from(&registers, &stack, pcs, keeps, std::min(max, kRoom), &end);
  // The last frame's caller was not looked for, unless there is none that libunwind knows of. Then
  // it is no use to look again.
  const int judged = end == MUSTER_UNWIND_FULL ? count - 1 : count;
  for (int i = 0; i < judged; ++i) Remember(pcs[i], keeps[i] != 0);
  return EndAtEntry(pcs, count);
}

__attribute__((no_sanitize("address"))) void WalkChain(uintptr_t fp, uintptr_t lo, uintptr_t hi,
                                                       uint64_t* pcs, int max, Chain* chain) {
  const auto entry_begin = reinterpret_cast<uintptr_t>(__start_muster_goroutine_entry);
  const auto entry_size = reinterpret_cast<uintptr_t>(__stop_muster_goroutine_entry) - entry_begin;
  ChainHash hash = chain->hash;
  int count = chain->count;
  while (count < max && fp >= lo && fp < hi && hi - fp >= 16 && fp % sizeof(void*) == 0) {
    const auto* frame = reinterpret_cast<const uintptr_t*>(fp);
    const uintptr_t pc = __atomic_load_n(&frame[1], __ATOMIC_RELAXED);
    if (pc - entry_begin <= entry_size) {
      chain->whole = true;
      break;
    }
    pcs[count++] = pc;
    hash.Add(pc);
    lo = fp + 16;
    fp = __atomic_load_n(&frame[0], __ATOMIC_RELAXED);
  }
  chain->whole = chain->whole || count == max;
  chain->count = count;
  chain->hash = hash;
}

Chain WalkOwnChain(uintptr_t fp, uint64_t* pcs, int max) {
  Chain chain;
  const sched::G* self = sched::CurrentGoroutine();
  if (self != nullptr && fp >= self->stack_lo) {
    WalkChain(fp, fp, self->stack_hi, pcs, max, &chain);
  }
  return chain;
}

__attribute__((noinline)) int WalkHere(uint64_t* pcs, int max, int skip) {
  uint64_t all[kRoom];
  const int wanted = std::min(max + skip, record::kMaxFrames);
  const auto base = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const Chain chain = WalkOwnChain(base, all, wanted);
  const uint64_t* begin = all;
  int count = chain.count;
  Trust trust = chain.whole ? TrustOfAll(all, count) : Trust::kLost;
  // Without libunwind there is nothing better.
  if (chain.whole && !muster_unwind_available()) trust = Trust::kKept;
  switch (trust) {
    case Trust::kKept:
      break;
    case Trust::kUnknown: {
      Registers registers;
      CaptureRegisters(&registers);
      const uintptr_t hi = sched::CurrentGoroutine()->stack_hi;
      // One more than this function's own and those that are wanted: the last frame of a walk is
      // not judged, and one that never is would have libunwind called for ever.
      count = WalkAndLearn(registers, {registers.sp, hi, 0}, all, wanted + 2);
      ++begin;  // it begins in this very function
      break;
    }
    case Trust::kLost: {
      const auto caller = reinterpret_cast<uint64_t>(__builtin_return_address(0));
      count = muster_unwind_here(all, wanted + kUnwindFrames);
      begin = std::find(all, all + std::min(count, kUnwindFrames), caller);
      if (begin == all + std::min(count, kUnwindFrames)) {
        count = WalkAsFarAsKnown(base, all, wanted);
        begin = all;
      }
      break;
    }
  }
  count = std::clamp(static_cast<int>(all + count - begin) - skip, 0, max);
  std::copy_n(begin + skip, count, pcs);
  return EndAtEntry(pcs, count);
}

int WalkRegisters(const Registers& registers, uintptr_t lo, uintptr_t hi, uint64_t* pcs, int max) {
  const muster_unwind_stack stack = {lo, hi, 0};
  muster_unwind_end end;
  int count = muster_unwind_from(&registers, &stack, pcs, nullptr, max, &end);
  if (count <= 1) {
    count = WalkFramePointers(registers.pc - 1, registers.sp, registers.rbp, hi, pcs, max);
  }
  return EndAtEntry(pcs, count);
}

__attribute__((no_sanitize("address"))) int WalkFramePointers(uintptr_t pc, uintptr_t sp,
                                                              uintptr_t fp, uintptr_t hi,
                                                              uint64_t* pcs, int max) {
  int count = 0;
  if (count < max) pcs[count++] = pc + 1;
  uintptr_t previous = sp;
  // Where the code uses it for something else, fp may be any number, the highest ones too: no sum.
  while (count < max && fp >= previous && fp < hi && hi - fp >= 16 && fp % sizeof(void*) == 0) {
    const auto* frame = reinterpret_cast<const uintptr_t*>(fp);
    if (frame[1] == 0) break;
    pcs[count++] = frame[1];
    previous = fp + 16;
    fp = frame[0];
  }
  return EndAtEntry(pcs, count);
}

}  // namespace muster::stack
