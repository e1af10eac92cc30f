#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include "muster/inspector/symbols.h"

namespace muster::inspector {
namespace {

std::map<std::string, uint64_t>* visited = nullptr;

void Visit(const char* where, void* return_address) {
  (*visited)[where] = reinterpret_cast<uint64_t>(return_address);
}

// Where the line with "MARK name" stands in sample.cc.
int LineOf(const std::string& mark) {
  std::ifstream source(SAMPLE_SOURCE);
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    if (line.ends_with("MARK " + mark)) return number;
  }
  ADD_FAILURE() << "no line marked " << mark << " in " << SAMPLE_SOURCE;
  return -1;
}

// Loads one build of sample.cc and runs it; `addresses` then tells a return address in each
// function.
class Sample {
 public:
  explicit Sample(const std::string& name)
      : path(std::string(SAMPLES_DIR) + "/" + name + ".so"),
        library_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) {
      ADD_FAILURE() << dlerror();
      return;
    }
    visited = &addresses;
    using Run = void (*)(void (*)(const char*, void*));
    reinterpret_cast<Run>(dlsym(library_, "SampleRun"))(&Visit);
  }
  ~Sample() {
    if (library_ != nullptr) dlclose(library_);
  }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  const std::string path;
  std::map<std::string, uint64_t> addresses;

 private:
  void* library_;
};

void ExpectFrame(const Frame& frame, const std::string& function, const std::string& mark) {
  EXPECT_EQ(frame.function, function);
  EXPECT_TRUE(frame.file.ends_with("/sample.cc")) << frame.file;
  EXPECT_EQ(frame.line, LineOf(mark));
}

class Symbols : public testing::TestWithParam<const char*> {
 protected:
  std::vector<Frame> Resolve(const char* where) {
    return symbolizer_->Resolve(sample_.addresses.at(where));
  }
  Sample sample_{GetParam()};
  std::unique_ptr<Symbolizer> symbolizer_ = Symbolizer::ForProcess(getpid());
};

TEST_P(Symbols, NameFileAndLineOfACFunction) {
  const auto frames = Resolve("exported");
  ASSERT_EQ(frames.size(), 1u);
  ExpectFrame(frames[0], "SampleExported", "exported");
  EXPECT_EQ(frames[0].pc, sample_.addresses.at("exported"));
  EXPECT_FALSE(frames[0].inlined);
  EXPECT_EQ(frames[0].module, sample_.path);
}

TEST_P(Symbols, NameAFunctionInsideNamespaces) {
  const auto frames = Resolve("hidden");
  ASSERT_EQ(frames.size(), 1u);
  ExpectFrame(frames[0], "sample::(anonymous namespace)::Hidden", "hidden");
}

TEST_P(Symbols, ExpandAnInlinedFunctionInnermostFirst) {
  const auto frames = Resolve("inner");
  ASSERT_EQ(frames.size(), 2u);
  ExpectFrame(frames[0], "sample::(anonymous namespace)::Inner", "inner");
  EXPECT_TRUE(frames[0].inlined);
  ExpectFrame(frames[1], "sample::(anonymous namespace)::Outer::Method", "outer");
  EXPECT_FALSE(frames[1].inlined);
  EXPECT_EQ(frames[0].pc, frames[1].pc);
}

TEST_P(Symbols, NumberTheLambdasOfAFunction) {
  const std::string function = "sample::(anonymous namespace)::Lambdas";
  const auto called = Resolve("lambda");
  ASSERT_EQ(called.size(), 1u);
  ExpectFrame(called[0], function + "::{lambda#2}", "lambda");
  const auto inlined = Resolve("inlined lambda");
  ASSERT_EQ(inlined.size(), 2u);
  ExpectFrame(inlined[0], function + "::{lambda#3}", "inlined lambda");
  ExpectFrame(inlined[1], function, "lambdas");
}

std::vector<const char*> Builds() {
  std::vector<const char*> builds = {"sample_dwarf5", "sample_dwarf4", "sample_split"};
#ifdef HAVE_CLANG_SAMPLE
  builds.push_back("sample_clang");
#endif
  return builds;
}

INSTANTIATE_TEST_SUITE_P(Builds, Symbols, testing::ValuesIn(Builds()),
                         [](const auto& test) { return std::string(test.param); });

TEST(StrippedLibrary, KeepsTheNamesThatItExports) {
  const Sample sample("sample_stripped");
  const auto frames = Symbolizer::ForProcess(getpid())->Resolve(sample.addresses.at("exported"));
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "SampleExported");
  EXPECT_EQ(frames[0].file, "");
  EXPECT_EQ(frames[0].line, 0);
}

TEST(StrippedLibrary, GivesModuleAndOffsetForTheRest) {
  const Sample sample("sample_stripped");
  const Sample whole("sample_dwarf5");
  const auto symbolizer = Symbolizer::ForProcess(getpid());
  const auto frames = symbolizer->Resolve(sample.addresses.at("hidden"));
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "");
  EXPECT_EQ(frames[0].module, sample.path);
  // Stripping moves no code, so that the unstripped file has the same function at that offset.
  const auto twin = symbolizer->Resolve(whole.addresses.at("hidden"));
  EXPECT_EQ(frames[0].module_offset, twin[0].module_offset);
  EXPECT_NE(frames[0].module_offset, 0u);
}

TEST(UnknownAddress, GivesOneFrameWithItsPcOnly) {
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  const auto symbolizer = Symbolizer::ForProcess(getpid());
  for (const uint64_t address :
       {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, reinterpret_cast<uint64_t>(page) + 16}) {
    const auto frames = symbolizer->Resolve(address);
    ASSERT_EQ(frames.size(), 1u);
    Frame expected;
    expected.pc = address;
    EXPECT_EQ(frames[0], expected) << address;
  }
  munmap(page, 4096);
}

TEST(UnknownProcess, ResolvesNothingAndHasNoMappings) {
  const auto symbolizer = Symbolizer::ForProcess(0x7ffffffe);
  EXPECT_EQ(symbolizer->Resolve(0x1000).size(), 1u);
  EXPECT_TRUE(symbolizer->Mappings().empty());
}

TEST(Mappings, NameTheFileAndItsBuildId) {
  const auto mappings = Symbolizer::ForProcess(getpid())->Mappings();
  const auto here = reinterpret_cast<uint64_t>(&Visit);
  const auto own = std::find_if(mappings.begin(), mappings.end(), [&](const Mapping& mapping) {
    return mapping.start <= here && here < mapping.limit;
  });
  ASSERT_NE(own, mappings.end());
  EXPECT_TRUE(own->file.ends_with("/symbolizer_test")) << own->file;
  EXPECT_FALSE(own->build_id.empty());
  EXPECT_EQ(own->build_id.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Symbolize, ExpandsInlinedFramesAndKeepsWhatRefersToThem) {
  const Sample sample("sample_dwarf5");
  Snapshot snapshot;
  Interner interner(&snapshot);
  snapshot.goroutines.resize(2);
  snapshot.goroutines[0].stack =
      interner.InternAddresses({sample.addresses.at("inner"), sample.addresses.at("exported")});
  snapshot.goroutines[1].creation_stack = interner.InternAddresses({sample.addresses.at("hidden")});
  snapshot.goroutines[1].held.emplace_back().acquired_at = snapshot.goroutines[1].creation_stack;
  snapshot.resources.emplace_back().acquired_at = snapshot.goroutines[1].creation_stack;
  Symbolize(&snapshot, Symbolizer::ForProcess(getpid()).get());

  const auto lines = [&](StackId stack) {
    std::vector<int> result;
    for (const FrameId id : snapshot.stacks.at(stack).frames) {
      result.push_back(snapshot.frames.at(id).line);
    }
    return result;
  };
  EXPECT_EQ(lines(snapshot.goroutines[0].stack),
            (std::vector<int>{LineOf("inner"), LineOf("outer"), LineOf("exported")}));
  EXPECT_EQ(lines(snapshot.goroutines[1].creation_stack), std::vector<int>{LineOf("hidden")});
  EXPECT_EQ(snapshot.goroutines[0].creation_stack, kNoStack);
  EXPECT_EQ(snapshot.goroutines[1].held[0].acquired_at, snapshot.goroutines[1].creation_stack);
  EXPECT_EQ(snapshot.resources[0].acquired_at, snapshot.goroutines[1].creation_stack);
  EXPECT_FALSE(snapshot.mappings.empty());
}

TEST(Symbolize, LeavesFramesThatHaveNamesAlone) {
  Snapshot snapshot;
  Interner interner(&snapshot);
  Frame go;
  go.pc = 0x45f;
  go.function = "main.worker";
  go.line = 12;
  snapshot.goroutines.emplace_back().stack =
      interner.InternStack({.frames = {interner.InternFrame(go)}, .elided = 3});
  Symbolize(&snapshot, Symbolizer::ForProcess(getpid()).get());
  ASSERT_EQ(snapshot.frames.size(), 1u);
  EXPECT_EQ(snapshot.frames[0], go);
  EXPECT_EQ(snapshot.stacks.at(snapshot.goroutines[0].stack).elided, 3u);
}

}  // namespace
}  // namespace muster::inspector
