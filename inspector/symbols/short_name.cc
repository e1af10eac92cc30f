#include <cctype>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)";
constexpr std::string_view kCall = "::operator()";
// Stands for a space that belongs to the name, while a space means "what came before was a type".
constexpr char kKeptSpace = '\x01';

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
}

// Shortener reads a demangled name once, from left to right.
class Shortener {
 public:
  explicit Shortener(std::string_view name) : in_(name) {}

  std::string Run() {
    while (at_ < in_.size()) Step();
    return absl::StrReplaceAll(out_, {{std::string(1, kKeptSpace), " "}});
  }

 private:
  std::string_view Rest() const { return in_.substr(at_); }

  bool AtOperator() const {
    if (!Rest().starts_with("operator")) return false;
    if (at_ > 0 && IsNameCharacter(in_[at_ - 1])) return false;
    const size_t after = at_ + std::string_view("operator").size();
    return after < in_.size() && !IsNameCharacter(in_[after]);
  }

  void Step() {
    const char c = in_[at_];
    if (Rest().starts_with(kAnonymous)) {
      Take(kAnonymous.size());
    } else if (AtOperator()) {
      TakeOperator();
    } else if (c == '{') {
      TakeBraces();
    } else if (c == '<' || c == '(') {
      SkipGroup();
    } else if (c == '[') {
      SkipGroup();  // [abi:cxx11], [clone .cold]
    } else if (c == ' ') {
      TakeSpace();
    } else if (c == '&' || c == '*') {
      ++at_;  // a reference-qualified member, or the end of a return type
    } else {
      Take(1);
    }
  }

  void Take(size_t count) {
    for (const char c : in_.substr(at_, count)) out_ += c == ' ' ? kKeptSpace : c;
    at_ += count;
  }

  // A space follows a return type, which is dropped, or comes before a qualifier of the function.
  void TakeSpace() {
    ++at_;
    for (const std::string_view qualifier : {"const", "volatile", "noexcept"}) {
      if (Rest().starts_with(qualifier) &&
          (at_ + qualifier.size() == in_.size() || !IsNameCharacter(in_[at_ + qualifier.size()]))) {
        at_ += qualifier.size();
        return;
      }
    }
    const char next = at_ < in_.size() ? in_[at_] : '\0';
    if (next != '[' && next != '&' && next != '\0' && next != '(') out_.clear();
  }

  // "{lambda(int)#1}" becomes "{lambda#1}"; "{unnamed type#1}" stays.
  void TakeBraces() {
    while (at_ < in_.size() && in_[at_] != '}') {
      if (in_[at_] == '(' || in_[at_] == '<') {
        SkipGroup();
      } else {
        Take(1);
      }
    }
    if (at_ < in_.size()) Take(1);
  }

  void TakeOperator() {
    Take(std::string_view("operator").size());
    if (Rest().starts_with("()") || Rest().starts_with("[]")) {
      Take(2);
      return;
    }
    while (at_ < in_.size() &&
           std::string_view("+-*/%^&|~!=<>,\"").find(in_[at_]) != std::string_view::npos) {
      Take(1);
    }
    // operator new[], operator"" _x, a conversion: up to the parameters.
    if (at_ < in_.size() && in_[at_] == ' ' && at_ + 1 < in_.size() && in_[at_ + 1] != '<') {
      while (at_ < in_.size() && (in_[at_] != '(' || Rest().starts_with(kAnonymous))) {
        if (in_[at_] == '<') {
          SkipGroup();
        } else {
          Take(Rest().starts_with(kAnonymous) ? kAnonymous.size() : 1);
        }
      }
    } else if (at_ < in_.size() && in_[at_] == ' ') {
      ++at_;  // operator< <int>
    }
  }

  // Skips a bracketed group with all that is nested in it. Angle brackets count outside parentheses
  // only, where the demangler puts comparisons.
  void SkipGroup() {
    std::string open;
    do {
      const char c = in_[at_];
      if (AtOperator()) {
        SkipOperatorToken();
        continue;
      }
      if (c == '(' || c == '[' || c == '{') {
        open += c;
      } else if (c == '<' && (open.empty() || open.back() == '<' || AfterName())) {
        open += c;
      } else if (c == '>' && open.back() == '<' && in_[at_ - 1] != '-') {
        open.pop_back();
      } else if (c == ')' || c == ']' || c == '}') {
        const char partner = c == ')' ? '(' : c == ']' ? '[' : '{';
        while (!open.empty() && open.back() != partner) open.pop_back();
        if (!open.empty()) open.pop_back();
      }
      ++at_;
    } while (at_ < in_.size() && !open.empty());
  }

  bool AfterName() const { return at_ > 0 && IsNameCharacter(in_[at_ - 1]); }

  void SkipOperatorToken() {
    at_ += std::string_view("operator").size();
    while (at_ < in_.size() &&
           std::string_view("+-*/%^&|~!=<>,").find(in_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }

  std::string_view in_;
  size_t at_ = 0;
  std::string out_;
};

// The call operator of a lambda says nothing that the lambda's name does not.
void DropLambdaCalls(std::string* name) {
  for (size_t at = name->find(kCall); at != std::string::npos; at = name->find(kCall, at)) {
    const bool after_lambda =
        at > 0 && (*name)[at - 1] == '}' && name->rfind("{lambda#", at) != std::string::npos;
    if (after_lambda) {
      name->erase(at, kCall.size());
    } else {
      at += kCall.size();
    }
  }
}

// clang numbers the lambdas of a file that has no name of its own for them: "$_0" is the first.
void RenameClangLambdas(std::string* name) {
  for (size_t at = name->find("$_"); at != std::string::npos; at = name->find("$_", at + 1)) {
    size_t end = at + 2;
    uint64_t number = 0;
    while (end < name->size() && std::isdigit(static_cast<unsigned char>((*name)[end])) != 0) {
      number = number * 10 + static_cast<uint64_t>((*name)[end++] - '0');
    }
    if (end > at + 2) name->replace(at, end - at, absl::StrCat("{lambda#", number + 1, "}"));
  }
}

// The compiler's copies of a C function: "f.constprop.0", "f.part.0.isra.0".
std::string_view WithoutCloneSuffix(std::string_view name) {
  for (const std::string_view suffix :
       {".constprop.", ".isra.", ".part.", ".cold", ".lto_priv.", ".localalias", ".llvm."}) {
    const size_t at = name.find(suffix);
    if (at != std::string_view::npos && at > 0) name = name.substr(0, at);
  }
  return name;
}

}  // namespace

std::string ShortFunctionName(std::string_view demangled) {
  // Go's own names have nothing to drop: "main.(*T).Run", "main.F[...]".
  if (demangled.find(".(") != std::string::npos || demangled.find("[...]") != std::string::npos) {
    return std::string(demangled);
  }
  std::string name = Shortener(WithoutCloneSuffix(demangled)).Run();
  RenameClangLambdas(&name);
  DropLambdaCalls(&name);
  return name.empty() ? std::string(demangled) : name;
}

}  // namespace muster::inspector
