#include "runtime/reach/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace muster::reach {
namespace {

// "lo-hi perms offset device inode   path"
bool Parse(const char* line, Mapping* mapping) {
  const auto hex = [&line](uintptr_t* value) {
    *value = 0;
    for (;; ++line) {
      const char c = *line;
      if (c >= '0' && c <= '9') {
        *value = *value * 16 + static_cast<uintptr_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        *value = *value * 16 + static_cast<uintptr_t>(c - 'a' + 10);
      } else {
        return;
      }
    }
  };
  *mapping = {};
  hex(&mapping->lo);
  if (*line++ != '-') return false;
  hex(&mapping->hi);
  if (*line++ != ' ' || std::strlen(line) < 4) return false;
  mapping->readable = line[0] == 'r';
  mapping->writable = line[1] == 'w';
  const char* path = line;
  for (int field = 0; field < 4 && path != nullptr; ++field) {  // perms, offset, device, inode
    path = std::strchr(path, ' ');
    if (path != nullptr) ++path;
  }
  while (path != nullptr && *path == ' ') ++path;
  if (path == nullptr) return true;
  mapping->is_file = *path == '/';
  mapping->is_main_stack = std::strncmp(path, "[stack]", 7) == 0;
  mapping->is_heap = std::strncmp(path, "[heap]", 6) == 0;
  mapping->is_device = std::strncmp(path, "/dev/", 5) == 0 &&
                       std::strncmp(path, "/dev/shm/", 9) != 0 &&
                       std::strncmp(path, "/dev/zero", 9) != 0;
  return true;
}

}  // namespace

bool ReadMaps(Buffer<Mapping>* maps) {
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char text[8192];
  size_t held = 0;
  bool ok = true;
  for (;;) {
    const ssize_t got = read(fd, text + held, sizeof(text) - 1 - held);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      ok = got == 0 && held == 0;
      break;
    }
    held += static_cast<size_t>(got);
    text[held] = '\0';
    char* line = text;
    while (char* end = std::strchr(line, '\n')) {
      *end = '\0';
      Mapping mapping;
      ok = ok && Parse(line, &mapping) && maps->Push(mapping);
      line = end + 1;
    }
    held -= static_cast<size_t>(line - text);
    std::memmove(text, line, held);
    if (!ok || held == sizeof(text) - 1) {
      ok = false;
      break;
    }
  }
  close(fd);
  return ok;
}

const Mapping* FindMapping(const Buffer<Mapping>& maps, uintptr_t address) {
  const Mapping* found =
      std::upper_bound(maps.begin(), maps.end(), address,
                       [](uintptr_t value, const Mapping& mapping) { return value < mapping.hi; });
  return found != maps.end() && found->lo <= address ? found : nullptr;
}

}  // namespace muster::reach
