#include "runtime/record/frame_name.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstring>

#include "absl/debugging/symbolize.h"
#include "muster/record.h"
#include "runtime/record/module_at.h"

namespace muster::record {
namespace {

std::atomic<Symbolizer> g_symbolizer{nullptr};

// "file:line", and not "module+0xoffset".
bool EndsInLine(const char* place) {
  const char* const colon = std::strrchr(place, ':');
  return colon != nullptr && colon[1] >= '0' && colon[1] <= '9';
}

bool FindModule(uint64_t address, Modules modules, Module* module) {
  if (modules == Modules::kForSignals) return ModuleAt(address, module);
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(address), &info) == 0 || info.dli_fname == nullptr) {
    return false;
  }
  std::snprintf(module->path, sizeof(module->path), "%s", info.dli_fname);
  module->base = reinterpret_cast<uint64_t>(info.dli_fbase);
  return true;
}

}  // namespace

void SetSymbolizer(Symbolizer symbolizer) {
  g_symbolizer.store(symbolizer, std::memory_order_release);
}

void NameOf(uint64_t pc, FrameName* name, Modules modules) {
  char both[1024];
  const Symbolizer symbolizer = g_symbolizer.load(std::memory_order_acquire);
  if (symbolizer != nullptr && symbolizer(pc, both, sizeof(both))) {
    char* tab = std::strchr(both, '\t');
    if (tab != nullptr) *tab++ = '\0';
    std::snprintf(name->function, sizeof(name->function), "%.500s", both);
    std::snprintf(name->place, sizeof(name->place), "%.500s", tab != nullptr ? tab : "?");
    name->has_line = EndsInLine(name->place);
    return;
  }
  name->has_line = false;
  const void* address = reinterpret_cast<const void*>(pc - 1);
  if (!absl::Symbolize(address, name->function, sizeof(name->function))) {
    std::snprintf(name->function, sizeof(name->function), "0x%llx",
                  static_cast<unsigned long long>(pc));
  }
  Module module;
  if (FindModule(pc - 1, modules, &module)) {
    std::snprintf(name->place, sizeof(name->place), "%s+0x%llx", module.path,
                  static_cast<unsigned long long>(pc - 1 - module.base));
  } else {
    std::snprintf(name->place, sizeof(name->place), "?");
  }
}

}  // namespace muster::record
