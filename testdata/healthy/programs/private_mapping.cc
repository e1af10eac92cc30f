// The pointer lies in memory that the program has mapped.
#include <sys/mman.h>
#include <cstdlib>

#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

Chan<int>** g_page = nullptr;

HEALTHY(private_mapping) {
  void* const memory =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  g_page = static_cast<Chan<int>**>(memory);
  *g_page = new Chan<int>(MakeChan<int>());
  Go([chan = **g_page] { chan.Recv(); });
  Look();
  (*g_page)->Close();
  delete *g_page;
  munmap(memory, 4096);
}

}  // namespace
}  // namespace healthy
