#include "inspector/symbols/proc_maps.h"

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace muster::inspector {

std::vector<Mapping> ReadExecutableMappings(int pid) {
  std::vector<Mapping> mappings;
  std::ifstream maps(absl::StrCat("/proc/", pid, "/maps"));
  std::string line;
  while (std::getline(maps, line)) {
    Mapping mapping;
    char permissions[5] = {};
    int name_at = 0;
    const int fields =
        std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n",
                    &mapping.start, &mapping.limit, permissions, &mapping.offset, &name_at);
    if (fields != 4 || permissions[2] != 'x' || name_at == 0) continue;
    mapping.file = line.substr(static_cast<size_t>(name_at));
    if (!mapping.file.empty()) mappings.push_back(std::move(mapping));
  }
  return mappings;
}

}  // namespace muster::inspector
