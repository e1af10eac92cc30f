#include "tools/muster-stress/binary.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

namespace muster::stress {
namespace {

bool Contains(const std::string& bytes, std::string_view mark) {
  return std::search(bytes.begin(), bytes.end(),
                     std::boyer_moore_horspool_searcher(mark.begin(), mark.end())) != bytes.end();
}

std::string CheckExecutable(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return std::strerror(errno);
  if (S_ISDIR(info.st_mode)) return "it is a directory";
  if (access(path.c_str(), X_OK) != 0) return "it is not executable";
  return "";
}

}  // namespace

std::string FindProgram(const std::string& name, std::string* problem) {
  if (name.find('/') != std::string::npos) {
    *problem = CheckExecutable(name);
    return problem->empty() ? name : "";
  }
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::string candidate = (directory.empty() ? "." : directory) + "/" + name;
    if (CheckExecutable(candidate).empty()) return candidate;
  }
  *problem = "no such program in PATH";
  return "";
}

TsanBuild DetectTsan(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  // gcc links libtsan.so by default; a static one has TSan's entry points and no clang about it.
  if (Contains(bytes, "libtsan.so")) return TsanBuild::kGcc;
  if (!Contains(bytes, "__tsan_init")) return TsanBuild::kNone;
  return Contains(bytes, "clang version") ? TsanBuild::kClang : TsanBuild::kGcc;
}

std::string FindSymbolizer() {
  std::string ignored;
  for (const char* name : {"llvm-symbolizer-19", "llvm-symbolizer"}) {
    if (std::string found = FindProgram(name, &ignored); !found.empty()) return found;
  }
  return "";
}

std::string TsanOptions(std::string_view symbolizer, std::string_view users) {
  // atexit_sleep_ms=0: by default each run would sleep for a second at its end.
  // history_size=4: the stack of the earlier access is still known after 256 Ki later ones.
  std::string options =
      "exitcode=66:halt_on_error=0:second_deadlock_stack=1:history_size=4:atexit_sleep_ms=0";
  if (!symbolizer.empty()) options.append(":external_symbolizer_path=").append(symbolizer);
  if (!users.empty()) options.append(":").append(users);
  return options;
}

}  // namespace muster::stress
