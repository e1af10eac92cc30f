// Broken: a way out of a goroutine that does not say Done.
//
// The bug: Import returns early for an empty file, and Wait waits for ever. The cure:
// missing_done_fixed.cc.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Import(const std::string& file, muster::WaitGroup* imports) {
  if (file.empty()) return;
  std::printf("imported %s\n", file.c_str());
  imports->Done();
}

void ImportAll() {
  muster::WaitGroup imports;
  for (const char* file : {"accounts", "", "payments"}) {
    imports.Add(1);
    muster::Go([file, &imports] { Import(file, &imports); });
  }
  imports.Wait();
  std::printf("all imported\n");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, ImportAll, apps::Ending::kHangs); }
