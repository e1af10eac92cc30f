#include "tests/runtime/record/allocated.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<size_t> g_allocated{0};
}

// The program's own, in place of the library's.
void* operator new(size_t size) {
  g_allocated.fetch_add(size, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace muster::testing {

size_t AllocatedBytes() { return g_allocated.load(std::memory_order_relaxed); }

}  // namespace muster::testing
