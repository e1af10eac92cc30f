// What the runtime calls when its scheduler starts, if the program links the inspector.
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "inspector/endpoint/fatal_symbols.h"
#include "muster/inspector/endpoint.h"
#include "muster/record.h"

namespace muster::inspector {
namespace {

// The program goes on without what could not be started; it is said once.
void Complain(const absl::Status& status, const char* consequence) {
  if (status.ok()) return;
  const std::string line = absl::StrCat("muster: ", consequence, ": ", status.message(), "\n");
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace
}  // namespace muster::inspector

extern "C" __attribute__((visibility("default"))) void muster_inspector_start() {
  using muster::inspector::Complain;
  const absl::Status symbols = muster::inspector::StartFatalSymbols();
  if (symbols.ok()) muster::record::SetSymbolizer(&muster::inspector::FatalSymbolize);
  Complain(symbols, "fatal reports will have no line numbers");
  Complain(muster::inspector::StartEndpoint(), "no endpoint");
}
