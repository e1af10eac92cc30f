#include <array>
#include <string_view>

#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

// The assembly of a context switch and of a goroutine's first frame.
constexpr std::array<std::string_view, 5> kSwitches = {
    "jump_fcontext", "make_fcontext", "ontop_fcontext", "muster_entry", "muster_switch_context",
};

// The standard library's way from a callable to its body, and from a guard to its lock.
constexpr std::array<std::string_view, 18> kGlue = {
    "std::__invoke",
    "std::invoke",
    "std::apply",
    "std::__apply_impl",
    "std::function::operator()",
    "std::_Function_handler",
    "std::move_only_function",
    "absl::debian3::internal_any_invocable",
    "absl::internal_any_invocable",
    "absl::lts_20220623::internal_any_invocable",
    // Where a lock was taken is the scope that made the guard.
    "std::scoped_lock::",
    "std::lock_guard::",
    "std::unique_lock::",
    "std::shared_lock::",
    "std::lock<",
    "std::__detail::__lock_impl",
    "std::__detail::__try_lock_impl",
    "std::try_lock<",
};

// Not the runtime, though in its namespace: the inspector and what tests and tools put there.
constexpr std::array<std::string_view, 3> kOthers = {
    "muster::inspector::",
    "muster::gtest::",
    "muster::testing::",
};

template <size_t kSize>
bool StartsWithAny(std::string_view name, const std::array<std::string_view, kSize>& prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

bool IsRuntimeFrame(const Frame& frame) {
  const std::string name = ShortFunctionName(frame.function);
  if (StartsWithAny(name, kSwitches) || StartsWithAny(name, kGlue)) return true;
  if (!name.starts_with("muster::") || StartsWithAny(name, kOthers)) return false;
  // A program may well put its own code in `namespace muster { namespace { ... } }`, as the tests
  // do; only the path tells whose that is.
  if (name.starts_with("muster::(anonymous namespace)::") ||
      name.find("_Test::TestBody") != std::string::npos) {
    return frame.file.find("/runtime/") != std::string::npos &&
           frame.file.find("/tests/") == std::string::npos;
  }
  return true;
}

}  // namespace muster::inspector
