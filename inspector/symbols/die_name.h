// The name of the function that a DWARF entry describes.
#ifndef MUSTER_INSPECTOR_SYMBOLS_DIE_NAME_H_
#define MUSTER_INSPECTOR_SYMBOLS_DIE_NAME_H_

#include <elfutils/libdw.h>

#include <string>

namespace muster::inspector {

// Demangle undoes C++ mangling; a name that is not mangled comes back as it is.
std::string Demangle(const char* name);

// LinkageName is the demangled linkage name of a subprogram or inlined subroutine, "" when it has
// none (a C function; with gcc also members of local classes, lambdas above all).
std::string LinkageName(Dwarf_Die* die);

// ScopedName is put together from the names of the entry and of the scopes around it:
// "ns::f::{lambda#1}::operator()". It carries no parameters. "" when the entry has no name.
std::string ScopedName(Dwarf_Die* die);

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_SYMBOLS_DIE_NAME_H_
