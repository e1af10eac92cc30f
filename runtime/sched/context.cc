#include "runtime/sched/context.h"

#if defined(__x86_64__)

// The layout is Boost.Context's (stack::SavedRegisters reads it): MXCSR and the x87 control word,
// eight bytes that nobody uses, R12, R13, R14, R15, RBX, RBP, the return address.
//
// Whoever has left has a frame, and so its RBP is not zero. That of a new context is: no call has
// come before its entry, and so it is jumped to.
//
// Of MXCSR only the control bits belong to the one that left; the lowest six say what has happened
// so far, and no call keeps them.
__asm__(
    ".text\n"
    ".p2align 6\n"
    ".globl muster_switch_context\n"
    ".hidden muster_switch_context\n"
    ".type muster_switch_context, @function\n"
    "muster_switch_context:\n"
    "  .cfi_startproc\n"
    "  leaq -64(%rsp), %rsp\n"
    "  .cfi_adjust_cfa_offset 64\n"
    "  stmxcsr (%rsp)\n"
    "  fnstcw 4(%rsp)\n"
    "  movq %r12, 16(%rsp)\n"
    "  movq %r13, 24(%rsp)\n"
    "  movq %r14, 32(%rsp)\n"
    "  movq %r15, 40(%rsp)\n"
    "  movq %rbx, 48(%rsp)\n"
    "  movq %rbp, 56(%rsp)\n"
    "  movq %rsp, %rax\n"
    "  movq %rdi, %rsp\n"
    "  .cfi_offset %r12, -56\n"
    "  .cfi_offset %r13, -48\n"
    "  .cfi_offset %r14, -40\n"
    "  .cfi_offset %r15, -32\n"
    "  .cfi_offset %rbx, -24\n"
    "  .cfi_offset %rbp, -16\n"
    "  movl (%rax), %ecx\n"
    "  xorl (%rsp), %ecx\n"
    "  andl $0xffc0, %ecx\n"
    "  movzwl 4(%rax), %edx\n"
    "  movzwl 4(%rsp), %r8d\n"
    "  xorl %r8d, %edx\n"
    "  orl %edx, %ecx\n"
    "  jne 2f\n"
    "1:\n"
    "  movq 16(%rsp), %r12\n"
    "  movq 24(%rsp), %r13\n"
    "  movq 32(%rsp), %r14\n"
    "  movq 40(%rsp), %r15\n"
    "  movq 48(%rsp), %rbx\n"
    "  movq 56(%rsp), %rbp\n"
    // For one who returns from a call of this function, and for one who is called.
    "  movq %rsi, %rdx\n"
    "  movq %rax, %rdi\n"
    "  .cfi_remember_state\n"
    "  leaq 64(%rsp), %rsp\n"
    "  .cfi_def_cfa_offset 8\n"
    "  .cfi_restore %r12\n"
    "  .cfi_restore %r13\n"
    "  .cfi_restore %r14\n"
    "  .cfi_restore %r15\n"
    "  .cfi_restore %rbx\n"
    "  .cfi_restore %rbp\n"
    "  testq %rbp, %rbp\n"
    "  je 3f\n"
    "  ret\n"
    "3:\n"
    "  popq %r8\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  .cfi_register %rip, %r8\n"
    "  jmp *%r8\n"
    "2:\n"
    "  .cfi_restore_state\n"
    "  ldmxcsr (%rsp)\n"
    "  fldcw 4(%rsp)\n"
    "  jmp 1b\n"
    "  .cfi_endproc\n"
    ".size muster_switch_context, .-muster_switch_context\n");

namespace muster::sched {
namespace {

struct Saved {
  uint32_t mxcsr;
  uint16_t x87_control;
  uint16_t unused;
  uint64_t unused_either;
  uint64_t registers[6];
  void (*return_address)(Switched);
  uint64_t callers_return_address;  // as if the entry had been called: it is called by nobody
};

}  // namespace

void* MakeContext(uintptr_t top, void (*entry)(Switched)) {
  auto* saved = reinterpret_cast<Saved*>(top - sizeof(Saved));
  static_assert(sizeof(Saved) % 16 == 0);
  *saved = Saved{};
  __asm__ volatile("stmxcsr %0" : "=m"(saved->mxcsr));
  __asm__ volatile("fnstcw %0" : "=m"(saved->x87_control));
  saved->return_address = entry;
  return saved;
}

}  // namespace muster::sched

#else

#include <boost/context/detail/fcontext.hpp>

namespace muster::sched {

namespace fc = boost::context::detail;

Switched SwitchContext(void* context, void* data) {
  const fc::transfer_t from = fc::jump_fcontext(context, data);
  return {from.fctx, from.data};
}

void* MakeContext(uintptr_t top, void (*entry)(Switched)) {
  // Two pointers, passed alike under whatever names.
  return fc::make_fcontext(reinterpret_cast<void*>(top), 0,
                           reinterpret_cast<void (*)(fc::transfer_t)>(entry));
}

}  // namespace muster::sched

#endif
