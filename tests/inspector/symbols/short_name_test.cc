#include <gtest/gtest.h>

#include <string>

#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

struct Case {
  const char* demangled;
  const char* expected;
};

class ShortName : public testing::TestWithParam<Case> {};

TEST_P(ShortName, IsWhatAReaderNeeds) {
  EXPECT_EQ(ShortFunctionName(GetParam().demangled), GetParam().expected);
}

TEST_P(ShortName, IsNotMadeShorterAgain) {
  EXPECT_EQ(ShortFunctionName(GetParam().expected), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Names, ShortName,
    testing::Values(Case{"", ""}, Case{"main", "main"}, Case{"ns::f()", "ns::f"},
                    Case{"ns::f(int, std::vector<int> const&)", "ns::f"},
                    Case{"ns::T::m(int) const", "ns::T::m"}, Case{"ns::T::m() const &", "ns::T::m"},
                    Case{"ns::T::m() &&", "ns::T::m"}, Case{"ns::T::~T()", "ns::T::~T"},
                    Case{"ns::f[abi:cxx11](int)", "ns::f"},
                    Case{"ns::f(int) [clone .cold]", "ns::f"},
                    Case{"ns::f() [clone .constprop.0] [clone .isra.0]", "ns::f"}));

INSTANTIATE_TEST_SUITE_P(
    Templates, ShortName,
    testing::Values(Case{"std::vector<int, std::allocator<int> >::push_back(int&&)",
                         "std::vector::push_back"},
                    Case{"std::vector<int> ns::make<int>(int)", "ns::make"},
                    Case{"unsigned long ns::f<int>(int)", "ns::f"},
                    Case{"decltype(auto) ns::f<int>(int)", "ns::f"},
                    Case{"std::enable_if<(1)>(2), int>::type ns::f<int, (a)0>(int)", "ns::f"},
                    Case{"int* ns::f<char const* (*)(int)>(char const* (*)(int))", "ns::f"},
                    Case{"muster::Chan<std::pair<int, char> >::Recv()", "muster::Chan::Recv"},
                    Case{"void ns::f<(ns::E)1, &ns::T::operator< >()", "ns::f"},
                    Case{"bool ns::f<(1<2)>()", "ns::f"}));

INSTANTIATE_TEST_SUITE_P(
    Lambdas, ShortName,
    testing::Values(
        Case{"main::{lambda()#1}::operator()() const", "main::{lambda#1}"},
        Case{"ns::f(int)::{lambda(std::vector<int>)#2}::operator()(std::vector<int>) const",
             "ns::f::{lambda#2}"},
        Case{"f()::{lambda()#1}::operator()() const::{lambda(int)#3}::operator()(int) const",
             "f::{lambda#1}::{lambda#3}"},
        Case{"auto f()::{lambda(auto:1)#1}::operator()<int>(int) const", "f::{lambda#1}"},
        Case{"f()::{lambda()#1}::_FUN()", "f::{lambda#1}::_FUN"},
        Case{"ns::(anonymous namespace)::f()::$_0::operator()(int) const",
             "ns::(anonymous namespace)::f::{lambda#1}"},
        Case{"ns::(anonymous namespace)::T::f(int)", "ns::(anonymous namespace)::T::f"},
        Case{"(anonymous namespace)::f((anonymous namespace)::T)", "(anonymous namespace)::f"},
        Case{"f()::{unnamed type#1}::g()", "f::{unnamed type#1}::g"}));

INSTANTIATE_TEST_SUITE_P(
    Operators, ShortName,
    testing::Values(Case{"ns::T::operator()(int) const", "ns::T::operator()"},
                    Case{"ns::operator<(ns::T, ns::T)", "ns::operator<"},
                    Case{"std::ostream& ns::operator<< <int>(std::ostream&, ns::T<int>)",
                         "ns::operator<<"},
                    Case{"ns::T::operator->() const", "ns::T::operator->"},
                    Case{"auto ns::operator<=> <int>(ns::T<int>)", "ns::operator<=>"},
                    Case{"ns::T::operator[](unsigned long)", "ns::T::operator[]"},
                    Case{"ns::T::operator bool() const", "ns::T::operator bool"},
                    Case{"ns::T::operator std::vector<int>() const", "ns::T::operator std::vector"},
                    Case{"operator new[](unsigned long)", "operator new[]"},
                    Case{"ns::operator\"\" _km(long double)", "ns::operator\"\" _km"},
                    Case{"ns::my_operator(int)", "ns::my_operator"},
                    Case{"operators(int)", "operators"}));

INSTANTIATE_TEST_SUITE_P(OtherLanguages, ShortName,
                         testing::Values(Case{"main.(*T).Run", "main.(*T).Run"},
                                         Case{"main.F[...]", "main.F[...]"},
                                         Case{"c_function.constprop.0", "c_function"},
                                         Case{"__libc_start_main", "__libc_start_main"}));

TEST(ShortName, SurvivesWhatIsNoName) {
  for (const char* broken :
       {"<", ")", "f(", "f<", "{", "}", "operator", "a operator<", "{lambda(", "$_", "::operator()",
        "f)>", " ", "f(()", "[", "(anonymous namespace"}) {
    ShortFunctionName(broken);
  }
}

Frame Named(const char* function, const char* file = "") {
  Frame frame;
  frame.function = function;
  frame.file = file;
  return frame;
}

TEST(RuntimeFrame, IsWhatLiesInTheRuntimesNamespace) {
  for (const char* name :
       {"muster::Go", "muster::Chan::Recv", "muster::Mutex::Lock", "muster::sched::Park",
        "void muster::Go<main::{lambda()#1}>(main::{lambda()#1}&&)", "muster::time::Sleep",
        "jump_fcontext", "make_fcontext", "muster_switch_context", "std::__invoke_impl",
        "void std::__invoke_impl<void, f()::{lambda()#1}>(std::__invoke_other, "
        "f()::{lambda()#1}&&)",
        "std::_Function_handler::_M_invoke"}) {
    EXPECT_TRUE(IsRuntimeFrame(Named(name))) << name;
  }
}

TEST(RuntimeFrame, IsNotTheUsersCode) {
  for (const char* name :
       {"main", "main::{lambda#1}", "app::Worker::Run", "musterroll::Chan::Recv",
        "void app::Use<muster::Chan<int> >(muster::Chan<int>)", "muster::inspector::CaptureSelf",
        "std::vector::push_back", "std::thread::join", ""}) {
    EXPECT_FALSE(IsRuntimeFrame(Named(name))) << name;
  }
}

TEST(RuntimeFrame, IsNotATestInTheRuntimesNamespace) {
  const char* test = "muster::(anonymous namespace)::Chan_Blocks_Test::TestBody";
  EXPECT_FALSE(IsRuntimeFrame(Named(test, "/src/tests/runtime/chan_test.cc")));
  EXPECT_TRUE(
      IsRuntimeFrame(Named("muster::(anonymous namespace)::Park", "/src/runtime/sched/park.cc")));
}

}  // namespace
}  // namespace muster::inspector
