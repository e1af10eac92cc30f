// What the symbolizer's tests look up. Each function hands the address that a call in it returns to
// to the test, which finds the lines by the marks in the comments.
extern "C" {
using Visit = void (*)(const char* where, void* return_address);

// Keeps its callers from becoming jumps, which would leave no return address.
#define AFTER_CALL asm volatile("")

__attribute__((visibility("default"), noinline)) void SampleVisit(Visit visit, const char* where) {
  visit(where, __builtin_return_address(0));
  AFTER_CALL;
}

__attribute__((visibility("default"), noinline)) void SampleExported(Visit visit) {
  SampleVisit(visit, "exported");  // MARK exported
  AFTER_CALL;
}
}

namespace sample {
namespace {

__attribute__((noinline)) void Hidden(Visit visit, int) {
  SampleVisit(visit, "hidden");  // MARK hidden
  AFTER_CALL;
}

template <typename T>
__attribute__((always_inline)) inline void Inner(Visit visit, T) {
  SampleVisit(visit, "inner");  // MARK inner
  AFTER_CALL;
}

struct Outer {
  template <typename T>
  __attribute__((noinline)) T Method(Visit visit, T value) const {
    Inner(visit, value);  // MARK outer
    AFTER_CALL;
    return value;
  }
};

__attribute__((noinline)) void Lambdas(Visit visit) {
  const auto first = [](Visit) __attribute__((noinline)) { AFTER_CALL; };
  const auto second = [](Visit v) __attribute__((noinline)) {
    SampleVisit(v, "lambda");  // MARK lambda
    AFTER_CALL;
  };
  const auto inlined = [](Visit v) __attribute__((always_inline)) {
    SampleVisit(v, "inlined lambda");  // MARK inlined lambda
    AFTER_CALL;
  };
  first(visit);
  second(visit);
  inlined(visit);  // MARK lambdas
  AFTER_CALL;
}

}  // namespace
}  // namespace sample

extern "C" __attribute__((visibility("default"))) void SampleRun(Visit visit) {
  SampleExported(visit);
  sample::Hidden(visit, 1);
  sample::Outer().Method(visit, 2L);
  sample::Lambdas(visit);
  AFTER_CALL;
}
