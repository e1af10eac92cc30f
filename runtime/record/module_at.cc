#include "runtime/record/module_at.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <string_view>

namespace muster::record {
namespace {

// /proc/self/maps, line by line. Lines that are too long are cut.
class Maps {
 public:
  Maps() : fd_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}
  ~Maps() {
    if (fd_ >= 0) close(fd_);
  }
  Maps(const Maps&) = delete;
  Maps& operator=(const Maps&) = delete;

  // Without its end; valid until the next call. False at the end of the file.
  bool NextLine(std::string_view* line) {
    size_t used = 0;
    bool any = false;
    for (char c = 0; NextByte(&c);) {
      any = true;
      if (c == '\n') break;
      if (used < sizeof(line_)) line_[used++] = c;
    }
    *line = {line_, used};
    return any;
  }

 private:
  bool NextByte(char* c) {
    if (at_ == end_) {
      const ssize_t got = fd_ < 0 ? 0 : read(fd_, block_, sizeof(block_));
      if (got <= 0) return false;
      at_ = 0;
      end_ = static_cast<size_t>(got);
    }
    *c = block_[at_++];
    return true;
  }

  const int fd_;
  size_t at_ = 0;
  size_t end_ = 0;
  char block_[1024];
  char line_[512];
};

// Takes the hexadecimal number that `text` begins with, and the character behind it.
uint64_t TakeHex(std::string_view* text) {
  uint64_t value = 0;
  while (!text->empty()) {
    const char c = text->front();
    text->remove_prefix(1);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value * 16 + static_cast<uint64_t>(c - 'a' + 10);
    } else {
      break;
    }
  }
  return value;
}

struct Mapping {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t offset = 0;  // in the file
  std::string_view path;
};

// "55d0a000-55d0b000 r-xp 00001000 fe:01 1234    /usr/bin/program"
Mapping Parse(std::string_view line) {
  Mapping mapping;
  mapping.begin = TakeHex(&line);
  mapping.end = TakeHex(&line);
  line.remove_prefix(std::min<size_t>(line.size(), 5));  // "r-xp "
  mapping.offset = TakeHex(&line);
  const size_t path = line.find('/');
  if (path != std::string_view::npos) mapping.path = line.substr(path);
  return mapping;
}

struct Known {
  uint64_t begin = 0;
  uint64_t end = 0;
  Module module;
};

// The modules of one stack are few.
class Cache {
 public:
  const Known* Find(uint64_t address) const {
    for (const Known& known : known_) {
      if (address >= known.begin && address < known.end) return &known;
    }
    return nullptr;
  }
  void Add(const Known& known) { known_[next_++ % std::size(known_)] = known; }

 private:
  Known known_[4];
  size_t next_ = 0;
};

Cache g_cache;
std::atomic<bool> g_cache_taken{false};

// The cache, for as long as the one who has it lives. A signal handler may find it taken by the
// code that it has interrupted, so nobody waits for it.
class CacheUse {
 public:
  // Acquire and release: what the one before has written.
  CacheUse()
      : cache_(g_cache_taken.exchange(true, std::memory_order_acquire) ? nullptr : &g_cache) {}
  ~CacheUse() {
    if (cache_ != nullptr) g_cache_taken.store(false, std::memory_order_release);
  }
  CacheUse(const CacheUse&) = delete;
  CacheUse& operator=(const CacheUse&) = delete;
  Cache* get() const { return cache_; }

 private:
  Cache* const cache_;
};

bool FindInMaps(uint64_t address, Known* known) {
  Maps maps;
  for (std::string_view line; maps.NextLine(&line);) {
    const Mapping mapping = Parse(line);
    if (address < mapping.begin || address >= mapping.end) continue;
    if (mapping.path.empty()) return false;
    known->begin = mapping.begin;
    known->end = mapping.end;
    // Segments lie as far from each other in memory as in the file, as linkers lay them out.
    known->module.base = mapping.begin - mapping.offset;
    const size_t length = std::min(mapping.path.size(), sizeof(known->module.path) - 1);
    mapping.path.copy(known->module.path, length);
    known->module.path[length] = '\0';
    return true;
  }
  return false;
}

}  // namespace

bool ModuleAt(uint64_t address, Module* module) {
  const CacheUse use;
  if (use.get() != nullptr) {
    if (const Known* known = use.get()->Find(address)) {
      *module = known->module;
      return true;
    }
  }
  Known known;
  if (!FindInMaps(address, &known)) return false;
  if (use.get() != nullptr) use.get()->Add(known);
  *module = known.module;
  return true;
}

}  // namespace muster::record
