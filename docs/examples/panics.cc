// Programs of the guide on panics: panics job|config|crash|goexit.
#include <cxxabi.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "muster/muster.h"

struct Job {
  void Run() const { throw std::runtime_error("out of paper"); }
};

void Start(const Job& job) {
  muster::Go([job] {
    try {
      job.Run();
    } catch (const std::exception& e) {
      std::printf("job failed: %s\n", e.what());
    }
  });
}

void Parse(const char* text) {
  if (std::strchr(text, '}') == nullptr) throw std::runtime_error("line 3: no closing brace");
}

void Load(const char* text) {
  try {
    Parse(text);
  } catch (const std::exception&) {
    throw std::runtime_error("cannot load the configuration");
  }
}

void TellTheSupervisor() {
  muster::runtime::SetPanicHandler([](const muster::runtime::PanicInfo& info) {
    std::fprintf(stderr, "<3>goroutine %lu: %s\n", info.goroutine, info.what);
  });
}

void Store(int* where, int value) { *where = value; }

template <typename Work>
bool Succeeds(Work work) {
  try {
    work();
    return true;
  } catch (const abi::__forced_unwind&) {  // runtime::Goexit
    throw;
  } catch (...) {
    return false;
  }
}

int main(int argc, char** argv) {
  const char* mode = argc == 2 ? argv[1] : "";
  return muster::Run([mode] {
    muster::WaitGroup done;
    if (std::strcmp(mode, "job") == 0) {
      Start(Job());
      muster::time::Sleep(absl::Milliseconds(1));
    } else if (std::strcmp(mode, "config") == 0) {
      TellTheSupervisor();
      done.Go([] { Load("{"); });
    } else if (std::strcmp(mode, "crash") == 0) {
      done.Go([] { Store(nullptr, 1); });
    } else if (std::strcmp(mode, "goexit") == 0) {
      done.Go([] { Succeeds(&muster::runtime::Goexit) ? std::puts("yes") : std::puts("no"); });
    } else {
      std::fprintf(stderr, "usage: panics job|config|crash|goexit\n");
      return 2;
    }
    done.Wait();
    return 0;
  });
}
