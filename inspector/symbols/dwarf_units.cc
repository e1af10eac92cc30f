#include "inspector/symbols/dwarf_units.h"

#include <dwarf.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "inspector/symbols/die_name.h"

namespace muster::inspector {
namespace {

// Deeper nesting than this is no real program.
constexpr int kMaxDepth = 128;

// Calls `add(begin, end)` for each address range of `die`. What the linker discarded is left at
// address 0 or 1 (GNU ld) or at the top (lld).
template <typename Add>
void ForEachRange(Dwarf_Die* die, const Add& add) {
  Dwarf_Addr base = 0;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  ptrdiff_t offset = 0;
  while ((offset = dwarf_ranges(die, offset, &base, &begin, &end)) > 0) {
    if (begin > 1 && begin < end) add(begin, end);
  }
}

bool MayHoldFunctions(int tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
    case DW_TAG_subprogram:
    case DW_TAG_lexical_block:
      return true;
    default:
      return false;
  }
}

// The inlined subroutines at `pc` inside `die`, outermost first.
void CollectInlined(Dwarf_Die* die, Dwarf_Addr pc, int depth, std::vector<Dwarf_Die>* chain) {
  if (depth > kMaxDepth) return;
  Dwarf_Die child;
  if (dwarf_child(die, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    const bool is_inlined = tag == DW_TAG_inlined_subroutine;
    const bool is_block =
        tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
    if ((!is_inlined && !is_block) || dwarf_haspc(&child, pc) <= 0) continue;
    if (is_inlined) chain->push_back(child);
    CollectInlined(&child, pc, depth + 1, chain);
    return;
  } while (dwarf_siblingof(&child, &child) == 0);
}

std::string AbsolutePath(const char* file, const std::string& directory) {
  if (file == nullptr) return "";
  std::filesystem::path path(file);
  if (path.is_relative() && !directory.empty()) path = directory / path;
  return path.lexically_normal().string();
}

int UnsignedAttribute(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr) return 0;
  if (dwarf_formudata(&attribute, &value) != 0) return 0;
  return static_cast<int>(value);
}

// Where `inlined` was called.
void SetCallSite(Dwarf_Die* unit, Dwarf_Die* inlined, const std::string& directory,
                 SourceFrame* frame) {
  frame->line = UnsignedAttribute(inlined, DW_AT_call_line);
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  const auto index = static_cast<size_t>(UnsignedAttribute(inlined, DW_AT_call_file));
  if (dwarf_getsrcfiles(unit, &files, &count) != 0 || index >= count) return;
  frame->file = AbsolutePath(dwarf_filesrc(files, index, nullptr, nullptr), directory);
}

// The line table's answer for `pc`.
void SetLine(Dwarf_Die* unit, Dwarf_Addr pc, const std::string& directory, SourceFrame* frame) {
  Dwarf_Line* line = dwarf_getsrc_die(unit, pc);
  if (line == nullptr) return;
  dwarf_lineno(line, &frame->line);
  frame->file = AbsolutePath(dwarf_linesrc(line, nullptr, nullptr), directory);
}

}  // namespace

DwarfUnits::DwarfUnits(Dwarf* dwarf) {
  Dwarf_CU* cu = nullptr;
  Dwarf_Die die;
  Dwarf_Die split;
  uint8_t type = 0;
  while (dwarf_get_units(dwarf, cu, &cu, nullptr, &type, &die, &split) == 0) {
    if (type != DW_UT_compile && type != DW_UT_skeleton) continue;
    const size_t index = units_.size();
    Unit unit;
    unit.lines = die;
    unit.scopes = type == DW_UT_skeleton && split.addr != nullptr ? split : die;
    Dwarf_Attribute attribute;
    if (dwarf_attr(&die, DW_AT_comp_dir, &attribute) != nullptr) {
      if (const char* directory = dwarf_formstring(&attribute)) unit.directory = directory;
    }
    units_.push_back(std::move(unit));
    ForEachRange(&die, [&](Dwarf_Addr begin, Dwarf_Addr end) {
      ranges_.push_back({begin, end, index});
    });
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const UnitRange& a, const UnitRange& b) { return a.begin < b.begin; });
}

DwarfUnits::~DwarfUnits() = default;

DwarfUnits::Unit* DwarfUnits::FindUnit(Dwarf_Addr pc) {
  auto it = std::upper_bound(
      ranges_.begin(), ranges_.end(), pc,
      [](Dwarf_Addr address, const UnitRange& range) { return address < range.begin; });
  if (it == ranges_.begin()) return nullptr;
  --it;
  return pc < it->end ? &units_[it->unit] : nullptr;
}

void DwarfUnits::CollectFunctions(Dwarf_Die* die, int depth, std::vector<FunctionRange>* out) {
  if (depth > kMaxDepth) return;
  Dwarf_Die child;
  if (dwarf_child(die, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_subprogram) {
      ForEachRange(&child, [&](Dwarf_Addr begin, Dwarf_Addr end) {
        out->push_back({begin, end, child});
      });
    }
    if (MayHoldFunctions(tag)) CollectFunctions(&child, depth + 1, out);
  } while (dwarf_siblingof(&child, &child) == 0);
}

void DwarfUnits::IndexFunctions(Unit* unit) {
  CollectFunctions(&unit->scopes, 0, &unit->functions);
  std::sort(unit->functions.begin(), unit->functions.end(),
            [](const FunctionRange& a, const FunctionRange& b) { return a.begin < b.begin; });
  unit->indexed = true;
}

const DwarfUnits::FunctionRange* DwarfUnits::FindFunction(const Unit& unit, Dwarf_Addr pc) {
  auto it = std::upper_bound(
      unit.functions.begin(), unit.functions.end(), pc,
      [](Dwarf_Addr address, const FunctionRange& range) { return address < range.begin; });
  if (it == unit.functions.begin()) return nullptr;
  --it;
  return pc < it->end ? &*it : nullptr;
}

const std::string& DwarfUnits::NameOf(Dwarf_Die* die) {
  const auto [it, is_new] = names_.try_emplace(die->addr);
  if (is_new) {
    it->second = LinkageName(die);
    if (it->second.empty()) it->second = ScopedName(die);
  }
  return it->second;
}

std::vector<SourceFrame> DwarfUnits::Lookup(Dwarf_Addr pc,
                                            const std::function<std::string()>& symbol) {
  Unit* unit = FindUnit(pc);
  if (unit == nullptr) return {};
  if (!unit->indexed) IndexFunctions(unit);
  std::vector<SourceFrame> frames;
  const FunctionRange* function = FindFunction(*unit, pc);
  if (function == nullptr) {
    // Assembly has lines and no functions.
    SourceFrame frame;
    SetLine(&unit->lines, pc, unit->directory, &frame);
    if (frame.line == 0) return frames;
    frame.function = symbol();
    frames.push_back(std::move(frame));
    return frames;
  }
  Dwarf_Die outermost_die = function->die;
  std::vector<Dwarf_Die> chain = {outermost_die};
  CollectInlined(&outermost_die, pc, 0, &chain);
  SourceFrame leaf;
  SetLine(&unit->lines, pc, unit->directory, &leaf);
  frames.push_back(std::move(leaf));
  for (size_t i = chain.size(); i-- > 1;) {
    frames.back().function = NameOf(&chain[i]);
    SourceFrame caller;
    SetCallSite(&unit->scopes, &chain[i], unit->directory, &caller);
    frames.push_back(std::move(caller));
  }
  SourceFrame& outermost = frames.back();
  outermost.offset = pc - function->begin;
  outermost.function = LinkageName(&outermost_die);
  if (outermost.function.empty()) outermost.function = symbol();
  if (outermost.function.empty()) outermost.function = NameOf(&outermost_die);
  return frames;
}

}  // namespace muster::inspector
