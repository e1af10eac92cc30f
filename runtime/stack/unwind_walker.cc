// Stack walks by libunwind. Plain functions: this object's symbols are localised
// (MusterUnwind.cmake).
#define UNW_LOCAL_ONLY
#include "runtime/stack/unwind_walker.h"

#include <libunwind.h>
#include <string.h>

namespace {

#if defined(__x86_64__)

constexpr int kCalleeSaved[] = {UNW_X86_64_RBP, UNW_X86_64_RBX, UNW_X86_64_R12,
                                UNW_X86_64_R13, UNW_X86_64_R14, UNW_X86_64_R15};
constexpr int kContextRegister[] = {REG_RBP, REG_RBX, REG_R12, REG_R13, REG_R14, REG_R15};
constexpr int kSaved = sizeof(kCalleeSaved) / sizeof(kCalleeSaved[0]);

// A cursor over a stack that may be walked in a copy. The words of the copy that are addresses
// within the original must not be followed there. Code finds its frames by the registers that the
// ABI has it preserve; so after each step those are moved along.
class Cursor {
 public:
  Cursor(const muster_unwind_registers& r, const muster_unwind_stack& stack) : stack_(stack) {
    memset(&context_, 0, sizeof(context_));
    const uint64_t saved[] = {r.rbp, r.rbx, r.r12, r.r13, r.r14, r.r15};
    valid_ = Start(r.pc, r.sp, saved);
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  bool valid() const { return valid_; }
  uint64_t pc() { return Get(UNW_REG_IP); }
  // As if the stack were in place; 0 when the frame lies elsewhere.
  uint64_t sp() {
    const uint64_t sp = Get(UNW_REG_SP) - static_cast<uint64_t>(stack_.moved);
    return sp >= stack_.lo && sp <= stack_.hi ? sp : 0;
  }

  // Goes on to the caller's frame; false when there is none. *keeps, if there is one, tells whether
  // this frame's rbp pointed at the caller's rbp and pc.
  bool Step(uint8_t* keeps) {
    const uint64_t* const base = keeps == nullptr ? nullptr : Base();
    if (unw_step(&cursor_) <= 0) return false;
    if (base != nullptr && base[1] == pc() && base[0] == Get(UNW_X86_64_RBP)) *keeps = 1;
    return stack_.moved == 0 || MoveAlong();
  }

 private:
  // Where rbp points in this frame, in the memory that is walked; null when that is no place for a
  // pair of words above the stack pointer.
  const uint64_t* Base() {
    const uint64_t rbp = Get(UNW_X86_64_RBP) - static_cast<uint64_t>(stack_.moved);
    if (rbp < sp() || rbp > stack_.hi || stack_.hi - rbp < 16 || rbp % 8 != 0) return nullptr;
    return reinterpret_cast<const uint64_t*>(Moved(rbp));
  }

  bool Start(uint64_t pc, uint64_t sp, const uint64_t* saved) {
    greg_t* r = context_.uc_mcontext.gregs;
    r[REG_RIP] = static_cast<greg_t>(pc);
    r[REG_RSP] = static_cast<greg_t>(Moved(sp));
    for (int i = 0; i < kSaved; ++i) r[kContextRegister[i]] = static_cast<greg_t>(Moved(saved[i]));
    return unw_init_local(&cursor_, &context_) == 0;
  }

  uint64_t Get(int reg) {
    unw_word_t value = 0;
    return unw_get_reg(&cursor_, reg, &value) == 0 ? value : 0;
  }

  bool PointsIntoOriginal(uint64_t value) const { return value >= stack_.lo && value <= stack_.hi; }
  uint64_t Moved(uint64_t value) const {
    return PointsIntoOriginal(value) ? value + static_cast<uint64_t>(stack_.moved) : value;
  }

  bool MoveAlong() {
    const uint64_t sp = Get(UNW_REG_SP);
    if (PointsIntoOriginal(sp)) {
      // A function that aligns its frame has saved its caller's stack pointer as a word. That
      // cannot be set: begin anew from here.
      uint64_t saved[kSaved];
      for (int i = 0; i < kSaved; ++i) saved[i] = Get(kCalleeSaved[i]);
      return Start(pc(), sp, saved);
    }
    for (const int reg : kCalleeSaved) {
      const uint64_t value = Get(reg);
      if (PointsIntoOriginal(value) && unw_set_reg(&cursor_, reg, Moved(value)) != 0) return false;
    }
    return true;
  }

  const muster_unwind_stack& stack_;
  unw_context_t context_;
  unw_cursor_t cursor_;
  bool valid_;
};

#endif  // __x86_64__

}  // namespace

extern "C" {

__attribute__((visibility("default"), noinline)) int muster_unwind_here(uint64_t* pcs, int max) {
  static_assert(sizeof(void*) == sizeof(uint64_t), "64-bit only");
  return unw_backtrace(reinterpret_cast<void**>(pcs), max);
}

__attribute__((visibility("default"))) int muster_unwind_from(
    const muster_unwind_registers* registers, const muster_unwind_stack* stack, uint64_t* pcs,
    uint8_t* keeps, int max, muster_unwind_end* end) {
  *end = MUSTER_UNWIND_OUTERMOST;
  int count = 0;
#if defined(__x86_64__)
  Cursor cursor(*registers, *stack);
  if (!cursor.valid()) return 0;
  bool more = true;
  while (more && count < max) {
    if (cursor.pc() == 0 || cursor.sp() == 0) return count;
    pcs[count] = cursor.pc();
    uint8_t* const keep = keeps == nullptr ? nullptr : keeps + count;
    if (keep != nullptr) *keep = 0;
    more = cursor.Step(keep);
    ++count;
  }
  if (more) *end = MUSTER_UNWIND_FULL;
#else
  (void)registers, (void)stack, (void)pcs, (void)keeps, (void)max;
#endif
  return count;
}

}  // extern "C"
