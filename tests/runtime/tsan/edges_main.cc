// edges CASE: runs one case; TSan has the last word on the exit status.
#include <cstdio>
#include <string_view>

#include "muster/muster.h"
#include "tests/runtime/tsan/edges.h"

int main(int argc, char** argv) {
  for (const auto& group : edges::AllCases()) {
    for (const edges::Case& edge_case : group) {
      if (argc != 2 || argv[1] != std::string_view(edge_case.name)) continue;
      muster::Run(edge_case.run);
      std::puts("ran to its end");
      return 0;
    }
  }
  std::fprintf(stderr, "usage: edges CASE\n");
  return 2;
}
