#include "runtime/record/fiber_stacks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "muster/panic.h"
#include "runtime/sched/lock.h"
#include "runtime/stack/arena.h"

namespace muster::tsan {
namespace {

// TSan's kShadowStackSize, 64 Ki addresses. Were it another one, no stack would land in a place.
constexpr size_t kStackSize = size_t{512} << 10;
constexpr size_t kStacksPerRegion = 256;

// What TSan maps a shadow stack with; only like neighbours are joined.
constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

// So many contexts fit whatever they map, and to keep stacks together takes system calls: a fifth
// of what starting and ending a goroutine costs under TSan.
constexpr int64_t kFewContexts = 1024;

// Held also where TSan does it all: it maps and unmaps, and who waits for the kernel's own lock of
// the process's memory is put to sleep and woken, which takes longer than to map.
sched::Lock g_lock;

// Guarded by g_lock.
int64_t g_contexts = 0;

// Reserved places that no context uses; guarded by g_lock.
std::vector<void*>& Places() {
  static std::vector<void*>& places = *new std::vector<void*>;
  return places;
}

// System calls past TSan, which would clear the shadow of memory that is its own.
void* Map(void* address, size_t size, int flags) {
  return reinterpret_cast<void*>(
      syscall(SYS_mmap, address, size, PROT_READ | PROT_WRITE, kFlags | flags, -1, 0));
}
void Unmap(void* address, size_t size) { syscall(SYS_munmap, address, size); }

bool IsMapped(void* address) {
  unsigned char resident;
  return syscall(SYS_mincore, address, stack::kPageSize, &resident) == 0;
}

// Takes the place for later, unless somebody else has mapped something there.
void Reserve(void* place) {
  const IgnoreScope ignore;
  if (Map(place, kStackSize, MAP_FIXED_NOREPLACE) != place) return;
  madvise(place, kStackSize, MADV_NOHUGEPAGE);
  Places().push_back(place);
}

// nullptr when no more can be reserved.
void* TakePlace() {
  const IgnoreScope ignore;
  if (Places().empty()) {
    char* const region = static_cast<char*>(Map(nullptr, kStackSize * kStacksPerRegion, 0));
    if (region == MAP_FAILED) return nullptr;
    madvise(region, kStackSize * kStacksPerRegion, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < kStacksPerRegion; ++i) Places().push_back(region + i * kStackSize);
  }
  void* const place = Places().back();
  Places().pop_back();
  return place;
}

int64_t ReadLimit() {
  const int file = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
  if (file < 0) return INT64_MAX;
  char text[32];
  const ssize_t size = read(file, text, sizeof(text));
  close(file);
  int64_t limit = 0;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) {
    limit = limit * 10 + (text[i] - '0');
  }
  return limit > 0 ? limit : INT64_MAX;
}

int64_t CountMappings() {
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  int64_t lines = 0;
  char text[4096];
  for (ssize_t size; (size = read(file, text, sizeof(text))) > 0;) {
    for (ssize_t i = 0; i < size; ++i) lines += text[i] == '\n' ? 1 : 0;
  }
  close(file);
  return lines;
}

}  // namespace

Fiber CreatePacked() {
  const sched::LockGuard guard(g_lock);
  if (g_contexts++ < kFewContexts) return {__tsan_create_fiber(0), nullptr};
  Fiber fiber;
  fiber.place = TakePlace();
  if (fiber.place != nullptr) Unmap(fiber.place, kStackSize);
  fiber.context = __tsan_create_fiber(0);
  if (fiber.place != nullptr && !IsMapped(fiber.place)) {  // there was a higher gap
    Reserve(fiber.place);
    fiber.place = nullptr;
  }
  return fiber;
}

void DestroyPacked(const Fiber& fiber) {
  const sched::LockGuard guard(g_lock);
  __tsan_destroy_fiber(fiber.context);
  --g_contexts;
  if (fiber.place != nullptr) Reserve(fiber.place);
}

void RequireRoom() {
  static std::atomic<int64_t> until_count{0};
  if (until_count.fetch_sub(1, std::memory_order_relaxed) > 0) return;
  const IgnoreScope ignore;
  static const int64_t limit = ReadLimit();
  const int64_t mappings = CountMappings();
  // A goroutine takes two mappings at worst, and as many for its own stack; the rest is for malloc
  // and TSan's own needs.
  constexpr int64_t kMostPerGoroutine = 4;
  const int64_t room = (limit - limit / 16 - mappings) / kMostPerGoroutine;
  // Half, since others may map meanwhile.
  until_count.store(room / 2, std::memory_order_relaxed);
  if (room > 0) return;
  throw Panic(
      absl::StrCat("out of goroutines under ThreadSanitizer: ", mappings,
                   " memory mappings are in use, and vm.max_map_count=", limit,
                   " allows no more; raise it with sysctl -w vm.max_map_count=", 4 * limit));
}

}  // namespace muster::tsan
