// Misuse: what a Panic knows of the goroutines that had to come together for it.
//
// Built where the misuse is found, with no lock held: stacks are taken as addresses then, and named
// when somebody reads the text (Panic::what).
//
//   Misuse misuse("send on closed channel");
//   misuse.Object("chan", chan, ", made by goroutine 1");
//   misuse.Caller("sends on it");
//   misuse.Other(closer, "closed it", stack_id);
//   misuse.Throw();
#ifndef MUSTER_RECORD_MISUSE_H_
#define MUSTER_RECORD_MISUSE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "muster/panic.h"

namespace muster::internal {

class Misuse {
 public:
  explicit Misuse(const std::string& words) : words_(words) {}
  ~Misuse() { delete text_.load(std::memory_order_relaxed); }
  Misuse(Misuse&& other) noexcept
      : words_(std::move(other.words_)), parts_(std::move(other.parts_)) {}
  Misuse(const Misuse&) = delete;
  Misuse& operator=(const Misuse&) = delete;

  // "KIND 0xADDRESS" and what else is to be said of it.
  Misuse& Object(const std::string& kind, const void* address, const std::string& more = "");
  // A sentence of its own.
  Misuse& Note(const std::string& sentence);
  // "goroutine 7 DOES:" with the calling stack.
  Misuse& Caller(const std::string& does);
  // "goroutine 5 DID:" with a stack of the stack table, or with one return address; where there is
  // none, that is said.
  Misuse& Other(uint64_t id, const std::string& did, uint32_t stack_id);
  Misuse& Other(uint64_t id, const std::string& did, const void* pc);
  // "goroutine 5 DOES:" with the stack that it has at this moment. It takes a roll call to find it.
  Misuse& Now(uint64_t id, const std::string& does);

  [[noreturn]] void Throw();

  const std::string& words() const { return words_; }
  // The whole text, made by the first that asks; it lives as long as this does.
  const char* text() const;

 private:
  struct Part {
    std::string line;
    std::vector<uint64_t> stack;
  };
  Misuse& Add(std::string line, std::vector<uint64_t> stack);

  std::string words_;
  std::vector<Part> parts_;
  // Release: publishes the text.
  mutable std::atomic<const std::string*> text_{nullptr};
};

// "goroutine 7" or "thread 4711", of an id of either.
std::string WhoIs(uint64_t id);

}  // namespace muster::internal

#endif  // MUSTER_RECORD_MISUSE_H_
