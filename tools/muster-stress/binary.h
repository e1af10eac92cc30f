// Binary: what can be told about the program under test before it runs, and what runs it needs.
#ifndef TOOLS_MUSTER_STRESS_BINARY_H_
#define TOOLS_MUSTER_STRESS_BINARY_H_

#include <string>
#include <string_view>

namespace muster::stress {

enum class TsanBuild { kNone, kClang, kGcc };

// FindProgram gives the path of an executable file: `name` itself when it holds a slash, else the
// first match in PATH. "" when there is none; `*problem` then says why.
std::string FindProgram(const std::string& name, std::string* problem);

// DetectTsan looks for the marks that TSan's runtime leaves in an executable, stripped or not.
TsanBuild DetectTsan(const std::string& path);

// The llvm-symbolizer that clang 19's runtime is to use; "" when there is none.
std::string FindSymbolizer();

// TSAN_OPTIONS for a run. `users` is what the user has set; it comes last, so it wins.
std::string TsanOptions(std::string_view symbolizer, std::string_view users);

}  // namespace muster::stress

#endif  // TOOLS_MUSTER_STRESS_BINARY_H_
