// Stack walks by libunwind. Plain functions: this object's symbols are localised
// (MusterUnwind.cmake).
#define UNW_LOCAL_ONLY
#include "runtime/stack/unwind_walker.h"

#include <libunwind.h>
#include <string.h>

extern "C" {

__attribute__((visibility("default"), noinline)) int muster_unwind_here(uint64_t* pcs, int max) {
  static_assert(sizeof(void*) == sizeof(uint64_t), "64-bit only");
  return unw_backtrace(reinterpret_cast<void**>(pcs), max);
}

__attribute__((visibility("default"))) int muster_unwind_from(
    const muster_unwind_registers* registers, uint64_t lo, uint64_t hi, uint64_t* pcs, int max) {
  unw_context_t context;
  memset(&context, 0, sizeof(context));
#if defined(__x86_64__)
  greg_t* r = context.uc_mcontext.gregs;
  r[REG_RIP] = static_cast<greg_t>(registers->pc);
  r[REG_RSP] = static_cast<greg_t>(registers->sp);
  r[REG_RBP] = static_cast<greg_t>(registers->rbp);
  r[REG_RBX] = static_cast<greg_t>(registers->rbx);
  r[REG_R12] = static_cast<greg_t>(registers->r12);
  r[REG_R13] = static_cast<greg_t>(registers->r13);
  r[REG_R14] = static_cast<greg_t>(registers->r14);
  r[REG_R15] = static_cast<greg_t>(registers->r15);
#else
  return 0;
#endif
  unw_cursor_t cursor;
  if (unw_init_local(&cursor, &context) != 0) return 0;
  int count = 0;
  while (count < max) {
    unw_word_t pc = 0, sp = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0) break;
    if (unw_get_reg(&cursor, UNW_REG_SP, &sp) != 0 || sp < lo || sp > hi) break;
    pcs[count++] = pc;
    if (unw_step(&cursor) <= 0) break;
  }
  return count;
}

}  // extern "C"
