#include "inspector/symbols/die_name.h"

#include <cxxabi.h>
#include <dwarf.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace muster::inspector {
namespace {

struct Free {
  void operator()(void* p) const { std::free(p); }
};

bool IsClass(Dwarf_Die* die) {
  const int tag = dwarf_tag(die);
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

// Calls `visit` on each child of `die` until it returns false.
template <typename Visit>
void ForEachChild(Dwarf_Die* die, const Visit& visit) {
  Dwarf_Die child;
  if (dwarf_child(die, &child) != 0) return;
  do {
    if (!visit(&child)) return;
  } while (dwarf_siblingof(&child, &child) == 0);
}

// Follows an inlined or concrete entry to the one that declares it: the one that sits in its class.
Dwarf_Die Declaration(Dwarf_Die die) {
  for (int hops = 0; hops < 8; ++hops) {
    Dwarf_Attribute attribute;
    if (dwarf_attr(&die, DW_AT_abstract_origin, &attribute) == nullptr &&
        dwarf_attr(&die, DW_AT_specification, &attribute) == nullptr) {
      break;
    }
    Dwarf_Die next;
    if (dwarf_formref_die(&attribute, &next) == nullptr) break;
    die = next;
  }
  return die;
}

// The types of a closure's call parameters, which tell apart the numbers that the ABI gives to the
// lambdas of one function. False when the class is no closure.
bool ClosureSignature(Dwarf_Die* type, std::vector<void*>* signature) {
  signature->clear();
  if (!IsClass(type) || dwarf_diename(type) != nullptr) return false;
  bool found = false;
  ForEachChild(type, [&](Dwarf_Die* member) {
    const char* name = dwarf_diename(member);
    if (dwarf_tag(member) != DW_TAG_subprogram || name == nullptr) return true;
    if (std::string_view(name) != "operator()") return true;
    found = true;
    ForEachChild(member, [&](Dwarf_Die* parameter) {
      if (dwarf_tag(parameter) != DW_TAG_formal_parameter) return true;
      if (dwarf_hasattr(parameter, DW_AT_artificial)) return true;
      const char* parameter_name = dwarf_diename(parameter);
      if (parameter_name != nullptr && std::string_view(parameter_name) == "__closure") return true;
      Dwarf_Attribute attribute;
      Dwarf_Die parameter_type;
      if (dwarf_attr(parameter, DW_AT_type, &attribute) != nullptr &&
          dwarf_formref_die(&attribute, &parameter_type) != nullptr) {
        signature->push_back(parameter_type.addr);
      }
      return true;
    });
    return false;
  });
  return found;
}

// Counts the closures of one signature in source order until `wanted` is met; true when it was.
bool CountClosures(Dwarf_Die* scope, const Dwarf_Die& wanted, const std::vector<void*>& signature,
                   int depth, int* count) {
  if (depth > 32) return false;
  bool met = false;
  ForEachChild(scope, [&](Dwarf_Die* child) {
    std::vector<void*> own;
    if (ClosureSignature(child, &own)) {
      if (own == signature) ++*count;
      met = child->addr == wanted.addr;
    } else if (dwarf_tag(child) == DW_TAG_lexical_block) {
      met = CountClosures(child, wanted, signature, depth + 1, count);
    }
    return !met;
  });
  return met;
}

std::string LambdaName(Dwarf_Die* closure, Dwarf_Die* function) {
  std::vector<void*> signature;
  if (!ClosureSignature(closure, &signature)) return "{unnamed type}";
  int count = 0;
  if (function == nullptr || !CountClosures(function, *closure, signature, 0, &count)) count = 1;
  return absl::StrCat("{lambda#", count, "}");
}

}  // namespace

std::string Demangle(const char* name) {
  if (name == nullptr) return "";
  int status = 0;
  const std::unique_ptr<char, Free> demangled(abi::__cxa_demangle(name, nullptr, nullptr, &status));
  // A C function named like a mangled type ("i", "v") would come back as "int", "void".
  if (status == 0 && demangled != nullptr && name[0] == '_') return demangled.get();
  return name;
}

std::string LinkageName(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) == nullptr &&
      dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute) == nullptr) {
    return "";
  }
  return Demangle(dwarf_formstring(&attribute));
}

std::string ScopedName(Dwarf_Die* die) {
  Dwarf_Die declaration = Declaration(*die);
  const char* own = dwarf_diename(&declaration);
  if (own == nullptr) return "";
  std::string name = own;
  Dwarf_Die* raw_scopes = nullptr;
  const int count = dwarf_getscopes_die(&declaration, &raw_scopes);
  const std::unique_ptr<Dwarf_Die, Free> owned(raw_scopes);
  for (int i = 1; i < count; ++i) {
    Dwarf_Die* scope = &raw_scopes[i];
    const int tag = dwarf_tag(scope);
    if (IsClass(scope)) {
      Dwarf_Die* function = nullptr;
      for (int j = i + 1; j < count && function == nullptr; ++j) {
        if (dwarf_tag(&raw_scopes[j]) == DW_TAG_subprogram) function = &raw_scopes[j];
      }
      const char* class_name = dwarf_diename(scope);
      name = absl::StrCat(class_name != nullptr ? class_name : LambdaName(scope, function),
                          "::", name);
    } else if (tag == DW_TAG_namespace) {
      const char* space = dwarf_diename(scope);
      name = absl::StrCat(space != nullptr ? space : "(anonymous namespace)", "::", name);
    } else if (tag == DW_TAG_subprogram) {
      std::string function = LinkageName(scope);
      if (function.empty()) function = ScopedName(scope);
      return function.empty() ? name : absl::StrCat(function, "::", name);
    }
  }
  return name;
}

}  // namespace muster::inspector
