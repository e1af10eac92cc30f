// Binds the stack walker to libunwind at run time, where the rest of the program cannot see it.
//
// Debian's libunwind.so defines the _Unwind_* functions that C++ exceptions run on, and a program
// that links it has its exceptions handled by whichever of libunwind and libgcc_s comes first on
// the link line; with the wrong one it cannot throw across every frame. Debian's libunwind.a is no
// way out: it is not position-independent, so no PIE program and no shared library can hold it.
// dlopen with RTLD_LOCAL is: the library's symbols join no scope but its own.
//
// This file defines the unw_* functions that the walker calls (libunwind.h renames them, to
// _ULx86_64_step and the like) as calls of what dlopen found. muster_embed_unwind() then makes
// these definitions local to the walker's object, so that they never meet a libunwind of the
// user's. On a machine without libunwind.so.8 each returns an error, muster_unwind_available() says
// so, and the walker does without.
#define UNW_LOCAL_ONLY
#include <dlfcn.h>
#include <libunwind.h>

#include "runtime/stack/valgrind.h"

namespace {

struct Library {
  decltype(&unw_backtrace) backtrace;
  decltype(&unw_init_local) init_local;
  decltype(&unw_init_local2) init_local2;
  decltype(&unw_step) step;
  decltype(&unw_get_reg) get_reg;
  decltype(&unw_set_reg) set_reg;
  decltype(&unw_get_proc_info) get_proc_info;
  decltype(&unw_is_signal_frame) is_signal_frame;
  decltype(&unw_set_caching_policy) set_caching_policy;
  decltype(&unw_set_cache_size) set_cache_size;
  decltype(&unw_flush_cache) flush_cache;
};

// Constant-initialised, so that a walk before the constructor below finds nulls, not garbage.
constinit Library library = {};
constinit bool available = false;

#define MUSTER_QUOTE(name) #name
#define MUSTER_QUOTE_EXPANDED(name) MUSTER_QUOTE(name)
// Looks up the symbol that libunwind.h means by unw_NAME; false when the library lacks it.
#define MUSTER_BIND(name) Bind(handle, MUSTER_QUOTE_EXPANDED(unw_##name), library.name)

template <typename Function>
bool Bind(void* handle, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, symbol));
  return function != nullptr;
}

// Before main, so that no walk has to wait for the dynamic linker, and none meets its lock. The
// library is never closed: goroutines may be walked until the last instant of the process.
__attribute__((constructor)) void LoadLibunwind() {
  // libunwind looks whether memory is there by writing it to a pipe, and valgrind would report that
  // to the user, once for each program.
  if (muster::stack::RunsUnderValgrind()) return;
  void* handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return;
  const bool complete = MUSTER_BIND(backtrace) && MUSTER_BIND(init_local) &&
                        MUSTER_BIND(init_local2) && MUSTER_BIND(step) && MUSTER_BIND(get_reg) &&
                        MUSTER_BIND(set_reg) && MUSTER_BIND(get_proc_info) &&
                        MUSTER_BIND(is_signal_frame) && MUSTER_BIND(set_caching_policy) &&
                        MUSTER_BIND(set_cache_size) && MUSTER_BIND(flush_cache);
  void* space = dlsym(handle, MUSTER_QUOTE_EXPANDED(unw_local_addr_space));
  if (!complete || space == nullptr) return;
  unw_local_addr_space = *static_cast<unw_addr_space_t*>(space);
  available = true;
}

}  // namespace

extern "C" {

constinit unw_addr_space_t unw_local_addr_space = nullptr;

bool muster_unwind_available() { return available; }

int unw_init_local(unw_cursor_t* cursor, unw_context_t* context) {
  return available ? library.init_local(cursor, context) : -UNW_EUNSPEC;
}
int unw_init_local2(unw_cursor_t* cursor, unw_context_t* context, int flag) {
  return available ? library.init_local2(cursor, context, flag) : -UNW_EUNSPEC;
}
int unw_step(unw_cursor_t* cursor) { return available ? library.step(cursor) : -UNW_EUNSPEC; }
int unw_get_reg(unw_cursor_t* cursor, int reg, unw_word_t* value) {
  return available ? library.get_reg(cursor, reg, value) : -UNW_EUNSPEC;
}
int unw_set_reg(unw_cursor_t* cursor, int reg, unw_word_t value) {
  return available ? library.set_reg(cursor, reg, value) : -UNW_EUNSPEC;
}
int unw_get_proc_info(unw_cursor_t* cursor, unw_proc_info_t* info) {
  return available ? library.get_proc_info(cursor, info) : -UNW_EUNSPEC;
}
int unw_is_signal_frame(unw_cursor_t* cursor) {
  return available ? library.is_signal_frame(cursor) : -UNW_EUNSPEC;
}
int unw_set_caching_policy(unw_addr_space_t space, unw_caching_policy_t policy) {
  return available ? library.set_caching_policy(space, policy) : -UNW_EUNSPEC;
}
int unw_set_cache_size(unw_addr_space_t space, size_t size, int flag) {
  return available ? library.set_cache_size(space, size, flag) : -UNW_EUNSPEC;
}
void unw_flush_cache(unw_addr_space_t space, unw_word_t low, unw_word_t high) {
  if (available) library.flush_cache(space, low, high);
}
// A tail call, so that the walk begins at our caller (the object is always optimised).
int unw_backtrace(void** buffer, int size) {
  return available ? library.backtrace(buffer, size) : 0;
}

// Where libunwind.h makes unw_getcontext a function, it must capture the registers of its caller,
// which a C++ function of ours cannot; libc's getcontext fills the same structure and can.
#if defined(__x86_64__)
asm(".text\n"
    ".globl _Ux86_64_getcontext\n"
    ".type _Ux86_64_getcontext, @function\n"
    "_Ux86_64_getcontext:\n"
    "  jmp getcontext@PLT\n"
    ".size _Ux86_64_getcontext, .-_Ux86_64_getcontext\n");
#endif

}  // extern "C"
