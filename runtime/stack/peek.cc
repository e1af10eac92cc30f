#include "runtime/stack/peek.h"

#include <algorithm>

#include "runtime/sched/region.h"

namespace muster::stack {
namespace {

constexpr uintptr_t kLine = 64;  // of a CPU cache

// Where the frames of `g` end. Its control block is never below that, whatever stack_hi reads.
uintptr_t HighEnd(const sched::G* g) {
  return std::min(g->stack_hi, reinterpret_cast<uintptr_t>(g));
}

// The registers that the context switch has saved, or those of the frame that has entered a region;
// false when that is nowhere on the stack.
bool PeekRegisters(const sched::G* g, Registers* registers) {
  if (sched::InRegion(g)) {
    const auto at = [](const uintptr_t& value) {
      return __atomic_load_n(&value, __ATOMIC_RELAXED);
    };
    *registers = {at(g->region.pc), at(g->region.sp), at(g->region.fp), 0, 0, 0, 0, 0};
    return LiesOnStack(g, reinterpret_cast<const void*>(registers->sp), sizeof(uint64_t));
  }
  const void* context = __atomic_load_n(&g->context, __ATOMIC_RELAXED);
  if (!LiesOnStack(g, context, kSavedContextSize)) return false;
  *registers = SavedRegisters(context);
  return true;
}

}  // namespace

bool LiesOnStack(const sched::G* g, const void* begin, size_t size) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t hi = HighEnd(g);
  return address >= g->stack_lo && address < hi && hi - address >= size &&
         address % sizeof(void*) == 0;
}

Chain PeekChain(const sched::G* g, uint64_t* pcs, int max) {
  Chain chain;
  Registers registers;
  if (!PeekRegisters(g, &registers)) return chain;
  pcs[0] = registers.pc;
  chain.hash.Add(registers.pc);
  chain.count = 1;
  WalkChain(registers.rbp, registers.sp, HighEnd(g), pcs, max, &chain);
  return chain;
}

void PrefetchStack(const sched::G* g) {
  // As many lines as a goroutine has that waits a dozen calls deep.
  constexpr uintptr_t kMost = 12 * kLine;
  const auto begin = reinterpret_cast<uintptr_t>(__atomic_load_n(&g->context, __ATOMIC_RELAXED));
  const uintptr_t end = std::min(begin + kMost, reinterpret_cast<uintptr_t>(g));
  for (uintptr_t line = begin; line < end; line += kLine) {
    __builtin_prefetch(reinterpret_cast<const void*>(line));
  }
}

__attribute__((no_sanitize("address"))) bool StackCopy::Take(const sched::G* g) {
  if (!PeekRegisters(g, &registers_)) return false;
  hi_ = HighEnd(g);
  if (registers_.sp > hi_) return false;
  const auto* words = reinterpret_cast<const uint64_t*>(registers_.sp);
  const size_t count = (hi_ - registers_.sp) / sizeof(uint64_t);
  if (words_.size() < count) words_.resize(count);
  // Not memcpy: ASan and TSan look into that, and would object to reading others' frames.
  for (size_t i = 0; i < count; ++i) words_[i] = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
  return true;
}

int StackCopy::Walk(uint64_t* pcs, int max) {
  const uintptr_t copy = reinterpret_cast<uintptr_t>(words_.data());
  return WalkAndLearn(registers_, {registers_.sp, hi_, static_cast<int64_t>(copy - registers_.sp)},
                      pcs, max);
}

}  // namespace muster::stack
