// The blocks of glibc's malloc, found by walking its chunks. For a process in which no thread is
// inside malloc.
//
// The layout is that of glibc 2.26 to 2.41 (malloc/malloc.c): a chunk begins with the size of the
// one before, if that is free, and its own size, with three flags below; its memory begins 16 bytes
// in and reaches 8 bytes into the next chunk. The main arena's chunks fill [heap]; other arenas'
// heaps begin with a heap_info at a multiple of 64 MiB; large blocks have a mapping of their own.
// Nothing of that is taken on trust: what does not add up to the byte is not a heap, and whoever
// asks takes it for memory that is in use.
#ifndef MUSTER_REACH_GLIBC_HEAP_H_
#define MUSTER_REACH_GLIBC_HEAP_H_

#include <cstdint>

#include "runtime/reach/buffer.h"
#include "runtime/reach/maps.h"

namespace muster::reach {

class GlibcHeap {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // Finds the heaps in all writable mappings. False when there is no room for so many blocks.
  bool Find(const Buffer<Mapping>& maps);

  // A part of the address space that is nothing but chunks, with what malloc itself keeps before
  // them.
  struct Region {
    uintptr_t lo = 0;
    uintptr_t hi = 0;
    size_t first = 0;  // its chunks are [first, last)
    size_t last = 0;
  };
  const Buffer<Region>& regions() const { return regions_; }

  // Whether [address, address + kMainStateSize) is what malloc knows of the main arena. It lies
  // among libc's variables, and its pointers to chunks are nobody's.
  bool IsMainState(uintptr_t address) const;
  static constexpr uintptr_t kMainStateSize = 2200;

  // The block in use that `address` points into (or right behind, unless it has a mapping of its
  // own); kNone if there is none.
  size_t BlockOf(uintptr_t address) const;
  size_t blocks() const { return chunks_.size(); }
  uintptr_t BlockBegin(size_t block) const { return chunks_[block] + 16; }
  uintptr_t BlockEnd(size_t block) const;

 private:
  // In a mapping of its own.
  bool IsMapped(size_t block) const;
  bool WalkChunks(uintptr_t lo, uintptr_t at, uintptr_t end, bool one_mapping_each);
  bool FindInMapping(const Mapping& mapping);
  bool FindArenaHeap(uintptr_t base, const Mapping& mapping, uintptr_t* end);
  void FreeThreadCaches();
  bool FreeThreadCache(size_t block);
  size_t ChunkAt(uintptr_t memory) const;

  Buffer<Region> regions_;
  Buffer<uintptr_t> chunks_;  // ascending within a region
  Buffer<bool> free_;
  uintptr_t main_top_ = 0;  // the last chunk of the main arena
};

}  // namespace muster::reach

#endif  // MUSTER_REACH_GLIBC_HEAP_H_
