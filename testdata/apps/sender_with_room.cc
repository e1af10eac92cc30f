// Healthy: the twin of sender_after_timeout.cc. The channel has room for the one answer.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

std::string Ask() {
  const auto answer = muster::MakeChan<std::string>(1);
  muster::Go([answer] {
    muster::time::Sleep(absl::Milliseconds(20));  // as slow as a database
    answer.Send("42");
  });
  std::string result = "no answer in time";
  muster::Select(muster::OnRecv(answer, [&](auto got) { result = got.value(); }),
                 muster::OnRecv(muster::time::After(absl::Milliseconds(1))));
  return result;
}

void Question() { std::printf("%s\n", Ask().c_str()); }

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Question); }
