// Healthy: three goroutines say hello, and the program waits for them.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Hello() {
  const auto greetings = muster::MakeChan<std::string>(3);
  muster::WaitGroup group;
  for (const char* name : {"Ada", "Barbara", "Grace"}) {
    group.Go([=] { greetings.Send(std::string("hello from ") + name); });
  }
  group.Wait();
  greetings.Close();
  for (const std::string& greeting : greetings) std::puts(greeting.c_str());
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Hello); }
