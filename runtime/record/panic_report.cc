// An exception that no frame of a goroutine catches ends in std::terminate while its frames are
// still there (see GoroutineEntry): the stack that is reported is that of the throw.
#include "runtime/record/panic_report.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>

#include "muster/panic.h"
#include "runtime/record/death.h"
#include "runtime/record/observe.h"
#include "runtime/record/traceback.h"
#include "runtime/record/traceback_level.h"
#include "runtime/record/tsan.h"
#include "runtime/record/witness.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/walk.h"

namespace muster::record {
namespace {

std::terminate_handler g_previous = nullptr;
std::atomic<runtime::PanicHandler> g_handler{nullptr};

// The exceptions that the goroutine has under way, newest first: the one that nobody caught, those
// whose handlers were running when it was thrown, and those that these were nested in.
class Exceptions {
 public:
  // Takes them out of the C++ runtime's hands, where only the newest can be seen.
  void Collect() {
    for (int i = 0; i < kMostCaught; ++i) {
      const std::exception_ptr newest = std::current_exception();
      if (newest == nullptr) return;
      AddWithNested(newest);
      abi::__cxa_end_catch();
    }
  }
  int count() const { return count_; }
  const std::exception_ptr& operator[](int i) const { return links_[i]; }

 private:
  static constexpr int kMost = 16;
  // One that is rethrown is caught several times.
  static constexpr int kMostCaught = 64;

  void AddWithNested(std::exception_ptr link) {
    while (link != nullptr && count_ < kMost) {
      if (std::find(links_, links_ + count_, link) != links_ + count_) return;
      links_[count_++] = link;
      link = NestedIn(link);
    }
  }

  static std::exception_ptr NestedIn(const std::exception_ptr& link) {
    try {
      std::rethrow_exception(link);
    } catch (const std::nested_exception& outer) {
      return outer.nested_ptr();
    } catch (...) {
      return nullptr;
    }
  }

  std::exception_ptr links_[kMost];
  int count_ = 0;
};

// The demangled name of the type of the exception that is being handled.
class TypeName {
 public:
  TypeName() {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (type == nullptr) return;
    int status = 0;
    demangled_ = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    name_ = demangled_ != nullptr ? demangled_ : type->name();
  }
  ~TypeName() { std::free(demangled_); }
  TypeName(const TypeName&) = delete;
  TypeName& operator=(const TypeName&) = delete;
  const char* get() const { return name_; }

 private:
  char* demangled_ = nullptr;
  const char* name_ = "unknown to C++";
};

// Two stacks fit.
constexpr size_t kTextSize = 16 * 1024;

// What `exception` says, in Go's words where they are Go's.
void Describe(const std::exception_ptr& exception, char* text) {
  try {
    std::rethrow_exception(exception);
  } catch (const Panic& panic) {
    std::snprintf(text, kTextSize, "%s", panic.what());
  } catch (const std::exception& e) {
    std::snprintf(text, kTextSize, "%s: %s", TypeName().get(), e.what());
  } catch (const std::string& value) {
    std::snprintf(text, kTextSize, "%s", value.c_str());
  } catch (const char* value) {
    std::snprintf(text, kTextSize, "%s", value != nullptr ? value : "(null)");
  } catch (int value) {
    std::snprintf(text, kTextSize, "int(%d)", value);
  } catch (...) {
    std::snprintf(text, kTextSize, "an exception of type %s", TypeName().get());
  }
}

// Later lines are indented, as Go does, so that a text cannot be taken for a part of the report.
void WriteIndented(ErrorWriter& out, std::string_view text) {
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    out << text.substr(0, end + 1) << "\t";
    text.remove_prefix(end + 1);
  }
  out << text;
}

// "panic: A [recovered]\n\tpanic: B\n": the oldest first. `newest` is left with the last one's
// text.
void WriteExceptions(ErrorWriter& out, const Exceptions& exceptions, int in_flight, char* newest) {
  const char* indent = "";
  if (in_flight > 0) {
    out << "panic: an exception that was unwinding the stack when this one was thrown\n";
    indent = "\t";
  }
  for (int i = exceptions.count() - 1; i >= 0; --i) {
    Describe(exceptions[i], newest);
    out << indent << "panic: ";
    WriteIndented(out, newest);
    out << (i > 0 ? " [recovered]\n" : "\n");
    indent = "\t";
  }
}

void CallHandler(const sched::G* g, const char* what, const std::exception_ptr& exception) {
  const runtime::PanicHandler handler = g_handler.load(std::memory_order_acquire);
  if (handler != nullptr) handler({.goroutine = g->id, .what = what, .exception = exception});
}

const void* ModuleOf(uint64_t pc) {
  Dl_info info;
  return dladdr(reinterpret_cast<const void*>(pc - 1), &info) != 0 ? info.dli_fbase : nullptr;
}

// How many frames from the leaf on are the C++ runtime's way from the throw to OnTerminate. Its
// library has no names for most of them.
int ThrowingFrames(const uint64_t* pcs, int count) {
  constexpr int kMost = 12;
  const void* const cxx = ModuleOf(reinterpret_cast<uint64_t>(&abi::__cxa_throw) + 1);
  if (cxx == ModuleOf(reinterpret_cast<uint64_t>(&ModuleOf) + 1)) return 0;  // linked statically
  int frames = 0;
  for (int i = 0; i < std::min(count, kMost); ++i) {
    if (ModuleOf(pcs[i]) == cxx) frames = i + 1;
  }
  return frames < count ? frames : 0;
}

void WriteStackOfThrow(ErrorWriter& out, const sched::G* g) {
  const tsan::IgnoreScope ignore;
  uint64_t pcs[kMaxFrames];
  const int count = stack::WalkHere(pcs, kMaxFrames, 0);
  const int skip = Level().system ? 0 : ThrowingFrames(pcs, count);
  WriteRunning(out, g, pcs + skip, static_cast<size_t>(count - skip));
}

[[noreturn]] void OnTerminate() {
  const sched::G* g = sched::CurrentGoroutine();
  if (g == nullptr) {
    // A foreign thread's: none of ours.
    if (g_previous != nullptr) g_previous();
    std::abort();
  }
  BeginReport();
  FlushStandardOutput();
  const int in_flight = std::uncaught_exceptions();
  Exceptions exceptions;
  exceptions.Collect();
  char what[kTextSize];
  {
    ErrorWriter out;
    WriteExceptions(out, exceptions, in_flight, what);
    if (exceptions.count() == 0) {
      std::snprintf(what, sizeof(what), "%s",
                    g->in_goexit ? "runtime.Goexit in, or called by, a function that is noexcept"
                                 : "std::terminate called without an exception");
      out << "panic: " << what << "\n";
    }
    WriteStackOfThrow(out, g);
  }
  if (Level().others) PrintOthers(g->id);
  Observe(&hooks::Observers::on_panic, g->id, static_cast<const char*>(what));
  CallHandler(g, what, exceptions.count() > 0 ? exceptions[0] : nullptr);
  EndProcess();
}

}  // namespace

void InstallTerminateHandler() { g_previous = std::set_terminate(&OnTerminate); }

}  // namespace muster::record

namespace muster::runtime {

PanicHandler SetPanicHandler(PanicHandler handler) {
  // Release: whatever the handler uses has been made before; pairs with the load in CallHandler.
  return record::g_handler.exchange(handler, std::memory_order_acq_rel);
}

}  // namespace muster::runtime
