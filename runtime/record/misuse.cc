#include "runtime/record/misuse.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "muster/record.h"
#include "runtime/record/traceback.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/sched/thread.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/walk.h"

namespace muster {
namespace internal {
namespace {

constexpr int kFrames = 32;

}  // namespace

std::string WhoIs(uint64_t id) {
  return absl::StrCat(id >= record::kFirstThreadId ? "thread " : "goroutine ", id);
}

Misuse& Misuse::Add(std::string line, std::vector<uint64_t> stack) {
  parts_.push_back({std::move(line), std::move(stack)});
  return *this;
}

Misuse& Misuse::Object(const std::string& kind, const void* address, const std::string& more) {
  return Add(absl::StrCat(kind, " 0x", absl::Hex(reinterpret_cast<uintptr_t>(address)), more, "\n"),
             {});
}

Misuse& Misuse::Note(const std::string& sentence) { return Add(absl::StrCat(sentence, "\n"), {}); }

__attribute__((noinline)) Misuse& Misuse::Caller(const std::string& does) {
  uint64_t pcs[kFrames];
  int count = 0;
  {
    const tsan::IgnoreScope ignore;
    count = stack::WalkHere(pcs, kFrames, 0);
  }
  return Add(absl::StrCat(WhoIs(sched::Id(sched::Self())), " ", does, ":\n"), {pcs, pcs + count});
}

Misuse& Misuse::Other(uint64_t id, const std::string& did, uint32_t stack_id) {
  std::vector<uint64_t> stack = stack::Lookup(stack_id);
  const char* const end = stack.empty() ? " (its stack is not recorded)\n" : ":\n";
  return Add(absl::StrCat(WhoIs(id), " ", did, end), std::move(stack));
}

Misuse& Misuse::Other(uint64_t id, const std::string& did, const void* pc) {
  return Add(absl::StrCat(WhoIs(id), " ", did, " (of its stack this call is recorded):\n"),
             {reinterpret_cast<uint64_t>(pc)});
}

Misuse& Misuse::Now(uint64_t id, const std::string& does) {
  const tsan::IgnoreScope ignore;
  record::CaptureStream stream({.include_system = true, .details = false, .threads = false});
  std::vector<uint64_t> stack;
  while (const record::Goroutine* g = stream.Next()) {
    if (g->id == id) stack.assign(g->stack.begin(), g->stack.end());
  }
  const char* const end = stack.empty() ? " (its stack could not be seen)\n" : ":\n";
  return Add(absl::StrCat(WhoIs(id), " ", does, end), std::move(stack));
}

void Misuse::Throw() { throw Panic(std::make_shared<const Misuse>(std::move(*this))); }

const char* Misuse::text() const {
  // Acquire pairs with the exchange below.
  const std::string* known = text_.load(std::memory_order_acquire);
  if (known != nullptr) return known->c_str();
  const tsan::IgnoreScope ignore;
  auto text = std::make_unique<std::string>(words_);
  text->push_back('\n');
  {
    record::ErrorWriter out(text.get());
    for (const Part& part : parts_) {
      out << part.line;
      record::WriteFrames(out, part.stack.data(), part.stack.size(), record::Modules::kOrdinary);
    }
  }
  text->pop_back();  // the last line's end
  if (text_.compare_exchange_strong(known, text.get(), std::memory_order_acq_rel)) {
    known = text.release();
  }
  return known->c_str();
}

}  // namespace internal

Panic::Panic(std::shared_ptr<const internal::Misuse> misuse)
    : std::runtime_error(misuse->words()), misuse_(std::move(misuse)) {}

const char* Panic::what() const noexcept {
  if (misuse_ == nullptr) return words();
  try {
    return misuse_->text();
  } catch (const std::exception&) {  // no memory for it
    return words();
  }
}

}  // namespace muster
