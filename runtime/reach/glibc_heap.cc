#include "runtime/reach/glibc_heap.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

namespace muster::reach {
namespace {

constexpr uintptr_t kPreviousInUse = 1;
constexpr uintptr_t kIsMapped = 2;
constexpr uintptr_t kFlags = 7;
constexpr uintptr_t kHeader = 16;
constexpr uintptr_t kSmallest = 32;
constexpr uintptr_t kAlign = 16;
constexpr uintptr_t kPage = 4096;
constexpr uintptr_t kHeapAlign = uintptr_t{64} << 20;
constexpr size_t kMaxRegions = 1 << 20;
constexpr size_t kMaxChunks = size_t{1} << 33;

uintptr_t WordAt(uintptr_t address) { return *reinterpret_cast<const uintptr_t*>(address); }
uintptr_t SizeField(uintptr_t chunk) { return WordAt(chunk + 8); }
// The first page of a mapping may be a guard (MADV_GUARD_INSTALL), of which maps does not tell.
bool IsReadable(uintptr_t address) {
  char header[48];
  iovec to = {header, sizeof(header)};
  iovec from = {reinterpret_cast<void*>(address), sizeof(header)};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == sizeof(header);
}

uintptr_t SizeOf(uintptr_t chunk) { return SizeField(chunk) & ~kFlags; }

}  // namespace

// Appends the chunks that fill [at, end) to the byte, as a region that begins at `lo`. The last one
// is the arena's top, which nobody has; but where each chunk is a mapping of its own, there is none
// such.
bool GlibcHeap::WalkChunks(uintptr_t lo, uintptr_t at, uintptr_t end, bool one_mapping_each) {
  const size_t first = chunks_.size();
  while (at < end) {
    // The rest of a heap whose arena has gone on to another one: two fence posts, without room.
    const uintptr_t size = SizeOf(at);
    const bool fits = size >= kHeader && size % kAlign == 0 && size <= end - at;
    const bool mapped = (SizeField(at) & kIsMapped) != 0;
    const bool whole_pages = at % kPage == 0 && size % kPage == 0 && WordAt(at) == 0;
    if (!fits || mapped != one_mapping_each || (mapped && !whole_pages)) break;
    if (!chunks_.Push(at)) return false;
    at += size;
    if (one_mapping_each && at < end) continue;
  }
  const bool adds_up = one_mapping_each ? chunks_.size() > first : at == end;
  if (!adds_up) {
    chunks_.SetSize(first);
    return true;
  }
  return regions_.Push({lo, at, first, chunks_.size()});
}

// A heap of an arena other than the main one: heap_info, for the first one malloc_state as well,
// and chunks. Tries the sizes that these have had.
bool GlibcHeap::FindArenaHeap(uintptr_t base, const Mapping& mapping, uintptr_t* end) {
  struct HeapInfo {
    uintptr_t arena;
    uintptr_t previous;
    size_t size;
  };
  const auto* info = reinterpret_cast<const HeapInfo*>(base);
  if (mapping.hi - base < kPage || info->size == 0 || info->size % kPage != 0 ||
      info->size > mapping.hi - base || info->arena % kAlign != 0) {
    return true;
  }
  constexpr uintptr_t kInfoSizes[] = {32, 48};
  constexpr uintptr_t kStateSizes[] = {2192, 2200, 2208};
  const size_t before = regions_.size();
  for (const uintptr_t info_size : kInfoSizes) {
    if (info->arena == base + info_size) {
      for (const uintptr_t state_size : kStateSizes) {
        const uintptr_t begin = (base + info_size + state_size + kAlign - 1) & ~(kAlign - 1);
        if (regions_.size() == before && !WalkChunks(base, begin, base + info->size, false))
          return false;
      }
    } else if (info->previous != 0) {
      if (regions_.size() == before &&
          !WalkChunks(base, base + info_size, base + info->size, false)) {
        return false;
      }
    }
  }
  if (regions_.size() != before) *end = base + info->size;
  return true;
}

bool GlibcHeap::FindInMapping(const Mapping& mapping) {
  if (mapping.is_heap) {
    if (!WalkChunks(mapping.lo, mapping.lo, mapping.hi, false)) return false;
    if (regions_.size() != 0) main_top_ = chunks_[chunks_.size() - 1];
    return true;
  }
  // Neighbouring mappings may have been joined to one by the kernel.
  uintptr_t at = mapping.lo;
  while (at < mapping.hi) {
    uintptr_t end = at;
    const uintptr_t base = (at + kHeapAlign - 1) & ~(kHeapAlign - 1);
    const bool readable = IsReadable(at);
    if (readable && base == at && !FindArenaHeap(at, mapping, &end)) return false;
    if (readable && end == at) {
      const size_t before = regions_.size();
      if (!WalkChunks(at, at, mapping.hi, true)) return false;
      if (regions_.size() != before) end = regions_[before].hi;
    }
    if (end == at) end = base == at ? base + kHeapAlign : base;
    at = end;
  }
  return true;
}

bool GlibcHeap::Find(const Buffer<Mapping>& maps) {
  if (!regions_.Reserve(kMaxRegions) || !chunks_.Reserve(kMaxChunks)) return false;
  for (const Mapping& mapping : maps) {
    if (mapping.readable && mapping.writable && !mapping.is_device && !FindInMapping(mapping)) {
      return false;
    }
  }
  if (!free_.Reserve(chunks_.size() + 1)) return false;
  free_.SetSize(chunks_.size());
  for (const Region& region : regions_) {
    for (size_t i = region.first; i + 1 < region.last; ++i) {
      free_[i] = (SizeField(chunks_[i]) & kIsMapped) == 0 &&
                 (SizeField(chunks_[i + 1]) & kPreviousInUse) == 0;
    }
    const uintptr_t top = chunks_[region.last - 1];
    if ((SizeField(top) & kIsMapped) == 0) free_[region.last - 1] = true;
  }
  FreeThreadCaches();
  return true;
}

bool GlibcHeap::IsMainState(uintptr_t address) const {
  // malloc_state: the top chunk, the last remainder, and 127 rings of free chunks. A ring's ends
  // are addressed as if there were a chunk around them, so an empty one points to where that would
  // be.
  constexpr uintptr_t kTop = 96;
  constexpr uintptr_t kRings = kTop + 16;
  constexpr int kRingCount = 127;
  if (main_top_ == 0 || WordAt(address + kTop) != main_top_) return false;
  for (int i = 0; i < kRingCount; ++i) {
    const uintptr_t ring = address + kRings + static_cast<uintptr_t>(i) * 16;
    const uintptr_t first = WordAt(ring);
    const uintptr_t last = WordAt(ring + 8);
    if ((first == ring - kHeader) != (last == ring - kHeader)) return false;
    if (first == ring - kHeader) continue;
    if (BlockOf(first + kHeader) != kNone || BlockOf(last + kHeader) != kNone) return false;
  }
  return true;
}

size_t GlibcHeap::BlockOf(uintptr_t address) const {
  const Region* region =
      std::upper_bound(regions_.begin(), regions_.end(), address,
                       [](uintptr_t value, const Region& r) { return value <= r.hi + 8; });
  if (region == regions_.end() || address < region->lo + kHeader) return kNone;
  const uintptr_t* const first = chunks_.begin() + region->first;
  const uintptr_t* const last = chunks_.begin() + region->last;
  const uintptr_t* chunk = std::upper_bound(first, last, address - kHeader);
  if (chunk == first) return kNone;
  --chunk;
  const auto block = static_cast<size_t>(chunk - chunks_.begin());
  // What points just past the end counts as well, but not past the end of a mapping of its own:
  // where that ends another begins, of a library perhaps, and so much that points there means that.
  const uintptr_t highest = BlockEnd(block) - (IsMapped(block) ? 1 : 0);
  return free_[block] || address > highest ? kNone : block;
}

bool GlibcHeap::IsMapped(size_t block) const {
  return (SizeField(chunks_[block]) & kIsMapped) != 0;
}

uintptr_t GlibcHeap::BlockEnd(size_t block) const {
  const uintptr_t chunk = chunks_[block];
  // A mapping's last chunk has no other behind it to reach into.
  return chunk + SizeOf(chunk) + (IsMapped(block) ? 0 : 8);
}

// The chunk whose memory begins at exactly that address.
size_t GlibcHeap::ChunkAt(uintptr_t memory) const {
  const size_t block = BlockOf(memory);
  return block != kNone && BlockBegin(block) == memory ? block : kNone;
}

// Blocks that a thread has freed and keeps for itself are in use for all that their chunks tell.
// What lists them is a block of its thread's, tcache_perthread_struct: 64 counts and 64 lists.
void GlibcHeap::FreeThreadCaches() {
  constexpr uintptr_t kCacheChunk = 0x290;
  for (size_t i = 0; i < chunks_.size(); ++i) {
    if (!free_[i] && SizeOf(chunks_[i]) == kCacheChunk) FreeThreadCache(i);
  }
}

// Only if all of it makes sense: every list is as long as its count, its members are blocks of its
// size, and all bear the same key, as tcache's do.
bool GlibcHeap::FreeThreadCache(size_t block) {
  constexpr int kLists = 64;
  struct Cache {
    uint16_t counts[kLists];
    uintptr_t lists[kLists];
  };
  const auto* cache = reinterpret_cast<const Cache*>(BlockBegin(block));
  uintptr_t key = 0;
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < kLists; ++i) {
      uintptr_t entry = cache->lists[i];
      for (int left = cache->counts[i]; left > 0; --left) {
        const size_t member = ChunkAt(entry);
        if (pass == 0) {
          const auto wanted = static_cast<uintptr_t>(i) * kAlign + kSmallest;
          if (member == kNone || SizeOf(chunks_[member]) != wanted) return false;
          if (key == 0) key = WordAt(entry + 8);
          if (key == 0 || WordAt(entry + 8) != key) return false;
        }
        const uintptr_t next = WordAt(entry) ^ (entry >> 12);  // glibc's safe linking
        if (pass == 1 && member != kNone) free_[member] = true;
        entry = next;
      }
      if (pass == 0 && entry != 0) return false;
    }
  }
  return true;
}

}  // namespace muster::reach
