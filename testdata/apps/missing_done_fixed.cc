// Healthy: the twin of missing_done.cc. WaitGroup::Go counts, whichever way the function ends.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Import(const std::string& file) {
  if (file.empty()) return;
  std::printf("imported %s\n", file.c_str());
}

void ImportAll() {
  muster::WaitGroup imports;
  for (const char* file : {"accounts", "", "payments"}) {
    imports.Go([file] { Import(file); });
  }
  imports.Wait();
  std::printf("all imported\n");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, ImportAll); }
