// The compilation units of one module, indexed by address, and the functions of those that are
// asked for. libdw's own lookups (dwfl_module_addrdie, dwarf_getscopes) need .debug_aranges, which
// clang leaves out, and do not look into namespaces, where clang puts functions; they also walk the
// whole unit on each call. This index reads each unit once.
#ifndef MUSTER_INSPECTOR_SYMBOLS_DWARF_UNITS_H_
#define MUSTER_INSPECTOR_SYMBOLS_DWARF_UNITS_H_

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace muster::inspector {

// One function at an address: itself, or inlined into the next one.
struct SourceFrame {
  std::string function;  // demangled, with parameters where known; "" when DWARF has no name
  std::string file;
  int line = 0;
  uint64_t offset = 0;  // of the pc in its function's range; the outermost frame's only
};

class DwarfUnits {
 public:
  // `dwarf` must outlive the index.
  explicit DwarfUnits(Dwarf* dwarf);
  ~DwarfUnits();

  // The functions at `pc` (in the module's own addresses), innermost first; empty when no function
  // of DWARF covers it. `symbol` gives the demangled ELF symbol there, the name of the outermost
  // function when its entry has none of its own; it is asked for only then, for libdwfl reads the
  // whole symbol table for one address.
  std::vector<SourceFrame> Lookup(Dwarf_Addr pc, const std::function<std::string()>& symbol);

 private:
  struct FunctionRange {
    Dwarf_Addr begin;
    Dwarf_Addr end;
    Dwarf_Die die;
  };
  struct Unit {
    Dwarf_Die lines;   // the entry whose line table counts
    Dwarf_Die scopes;  // the entry that holds the functions; another one with split DWARF
    std::string directory;
    bool indexed = false;
    std::vector<FunctionRange> functions;  // by begin
  };
  struct UnitRange {
    Dwarf_Addr begin;
    Dwarf_Addr end;
    size_t unit;
  };

  Unit* FindUnit(Dwarf_Addr pc);
  static void IndexFunctions(Unit* unit);
  static void CollectFunctions(Dwarf_Die* die, int depth, std::vector<FunctionRange>* out);
  static const FunctionRange* FindFunction(const Unit& unit, Dwarf_Addr pc);
  const std::string& NameOf(Dwarf_Die* die);

  std::vector<Unit> units_;
  std::vector<UnitRange> ranges_;                       // by begin
  std::unordered_map<const void*, std::string> names_;  // by the entry's address
};

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_SYMBOLS_DWARF_UNITS_H_
