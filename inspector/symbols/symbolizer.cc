#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "inspector/symbols/die_name.h"
#include "inspector/symbols/dwarf_units.h"
#include "inspector/symbols/proc_maps.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

// How long a memory map is believed before an address outside it is worth another look: libraries
// are loaded rarely, and stray addresses come by the thousand.
constexpr std::chrono::seconds kMapsRefresh{1};

// The kernel's mark on a mapped file that its directory no longer lists.
constexpr std::string_view kDeleted = " (deleted)";

bool IsDeleted(const char* name) {
  return name != nullptr && std::string_view(name).ends_with(kDeleted);
}

std::string WithoutDeleted(std::string_view file) {
  if (file.ends_with(kDeleted)) file.remove_suffix(kDeleted.size());
  return std::string(file);
}

struct EndDwfl {
  void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
};

// What a symbolizer keeps per module, beside libdwfl's own state.
struct Module {
  std::string file;
  Dwarf_Addr elf_bias = 0;
  Dwarf_Addr dwarf_bias = 0;
  std::unique_ptr<DwarfUnits> units;  // null: no DWARF
};

// Opens the module's file. A program that was rebuilt while it runs is listed as "PATH (deleted)":
// PATH is another program by now, and its own image is reachable through /proc/PID/exe only.
// `*userdata` is the process id, put there by TellPid.
int FindElf(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base,
            char** file_name, Elf** elf) {
  if (IsDeleted(name) && *userdata != nullptr) {
    const std::string link = absl::StrCat("/proc/", *static_cast<int*>(*userdata), "/exe");
    char target[4096] = {};
    if (readlink(link.c_str(), target, sizeof(target) - 1) > 0 && std::strcmp(target, name) == 0) {
      const int fd = open(link.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd >= 0) *file_name = strdup(link.c_str());
      return fd;
    }
    return -1;
  }
  return dwfl_linux_proc_find_elf(module, userdata, name, base, file_name, elf);
}

int TellPid(Dwfl_Module*, void** userdata, const char*, Dwarf_Addr, void* pid) {
  *userdata = pid;
  return DWARF_CB_OK;
}

// Looks for separate debug files on this machine only. libdwfl's own search ends with a download
// when DEBUGINFOD_URLS is set; a dump, and even less a dying process, must not wait for a network.
int FindDebuginfo(Dwfl_Module* module, void** userdata, const char* name, Dwarf_Addr base,
                  const char* file, const char* link, GElf_Word crc, char** debug_file) {
  const int fd =
      dwfl_build_id_find_debuginfo(module, userdata, name, base, file, link, crc, debug_file);
  if (fd >= 0) return fd;
  const char* urls = std::getenv("DEBUGINFOD_URLS");
  if (urls != nullptr && urls[0] != '\0') return -1;
  return dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc, debug_file);
}

const Dwfl_Callbacks kCallbacks = {
    .find_elf = FindElf,
    .find_debuginfo = FindDebuginfo,
    .section_address = nullptr,
    .debuginfo_path = nullptr,
};

class DwflSymbolizer final : public Symbolizer {
 public:
  explicit DwflSymbolizer(int pid) : pid_(pid), dwfl_(dwfl_begin(&kCallbacks)) { ReadMaps(); }

  std::vector<Frame> Resolve(uint64_t return_address) override {
    const auto cached = frames_.find(return_address);
    if (cached != frames_.end()) return cached->second;
    std::vector<Frame> frames = ResolveUncached(return_address);
    return frames_.emplace(return_address, std::move(frames)).first->second;
  }

  std::vector<Mapping> Mappings() override {
    std::vector<Mapping> mappings = ReadExecutableMappings(pid_);
    for (Mapping& mapping : mappings) {
      if (Dwfl_Module* module = FindModule(mapping.start)) mapping.build_id = BuildId(module);
      mapping.file = WithoutDeleted(mapping.file);
    }
    return mappings;
  }

 private:
  void ReadMaps() {
    maps_read_ = std::chrono::steady_clock::now();
    if (dwfl_ == nullptr) return;
    dwfl_report_begin(dwfl_.get());
    dwfl_linux_proc_report(dwfl_.get(), pid_);
    dwfl_report_end(dwfl_.get(), &DwflSymbolizer::ModuleRemoved, this);
    dwfl_getmodules(dwfl_.get(), TellPid, &pid_, 0);
  }

  static int ModuleRemoved(Dwfl_Module* module, void*, const char*, Dwarf_Addr, void* self) {
    auto* symbolizer = static_cast<DwflSymbolizer*>(self);
    symbolizer->modules_.erase(module);
    symbolizer->frames_.clear();
    return DWARF_CB_OK;
  }

  Dwfl_Module* FindModule(uint64_t address) {
    if (dwfl_ == nullptr) return nullptr;
    Dwfl_Module* module = ModuleAt(address);
    if (module == nullptr && std::chrono::steady_clock::now() - maps_read_ > kMapsRefresh) {
      ReadMaps();
      module = ModuleAt(address);
    }
    return module;
  }

  // libdwfl gives the module before a gap for the addresses in the gap, too.
  Dwfl_Module* ModuleAt(uint64_t address) {
    Dwfl_Module* module = dwfl_addrmodule(dwfl_.get(), address);
    if (module == nullptr) return nullptr;
    Dwarf_Addr start = 0;
    Dwarf_Addr end = 0;
    dwfl_module_info(module, nullptr, &start, &end, nullptr, nullptr, nullptr, nullptr);
    return start <= address && address < end ? module : nullptr;
  }

  static std::string BuildId(Dwfl_Module* module) {
    Dwarf_Addr bias = 0;
    dwfl_module_getelf(module, &bias);  // so that the id is read from the file
    const unsigned char* bits = nullptr;
    GElf_Addr address = 0;
    const int length = dwfl_module_build_id(module, &bits, &address);
    if (length <= 0) return "";
    return absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(bits), static_cast<size_t>(length)));
  }

  Module& ModuleOf(Dwfl_Module* handle) {
    const auto [it, is_new] = modules_.try_emplace(handle);
    Module& module = it->second;
    if (!is_new) return module;
    const char* name = dwfl_module_info(handle, nullptr, &module.elf_bias, nullptr, nullptr,
                                        nullptr, nullptr, nullptr);
    if (name != nullptr) module.file = WithoutDeleted(name);
    Dwarf_Addr bias = 0;
    if (dwfl_module_getelf(handle, &bias) != nullptr) module.elf_bias = bias;
    if (Dwarf* dwarf = dwfl_module_getdwarf(handle, &module.dwarf_bias)) {
      module.units = std::make_unique<DwarfUnits>(dwarf);
    }
    return module;
  }

  std::vector<Frame> ResolveUncached(uint64_t return_address) {
    Frame bare;
    bare.pc = return_address;
    // A return address is the instruction after the call, which may be another line's, or even
    // another function's when the call never returns.
    const uint64_t pc = return_address - 1;
    Dwfl_Module* handle = return_address == 0 ? nullptr : FindModule(pc);
    if (handle == nullptr) return {bare};
    Module& module = ModuleOf(handle);
    bare.module = module.file;
    bare.module_offset = pc - module.elf_bias;

    const auto symbol = [handle, pc] {
      GElf_Off offset = 0;
      GElf_Sym found;
      return Demangle(dwfl_module_addrinfo(handle, pc, &offset, &found, nullptr, nullptr, nullptr));
    };
    std::vector<Frame> frames;
    if (module.units != nullptr) {
      for (SourceFrame& source : module.units->Lookup(pc - module.dwarf_bias, symbol)) {
        Frame frame = bare;
        frame.function = ShortFunctionName(source.function);
        frame.file = std::move(source.file);
        frame.line = source.line;
        if (source.offset != 0) frame.function_offset = source.offset + 1;
        frame.inlined = true;
        frames.push_back(std::move(frame));
      }
    }
    if (frames.empty()) {
      bare.function = ShortFunctionName(symbol());
      return {bare};
    }
    frames.back().inlined = false;
    return frames;
  }

  int pid_;
  std::unique_ptr<Dwfl, EndDwfl> dwfl_;
  std::chrono::steady_clock::time_point maps_read_;
  std::unordered_map<Dwfl_Module*, Module> modules_;
  std::unordered_map<uint64_t, std::vector<Frame>> frames_;
};

}  // namespace

std::unique_ptr<Symbolizer> Symbolizer::ForProcess(int pid) {
  return std::make_unique<DwflSymbolizer>(pid);
}

}  // namespace muster::inspector
