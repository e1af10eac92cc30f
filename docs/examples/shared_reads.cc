// Several goroutines read one file at the same time, each its part of it, and one cleans up behind
// the last of them: shared_reads FILE.
//
// Nobody who reads may close the file, since others may still be reading; and nobody has to count:
// the clean-up goroutine waits for all of them.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "muster/muster.h"

constexpr int kReaders = 4;
constexpr size_t kBlock = 64 << 10;

struct Part {
  long lines = 0;
  int error = 0;  // an errno
};

// Counts the line ends in [begin, end). pread has no position that readers would have to share.
Part CountLines(int fd, off_t begin, off_t end) {
  Part part;
  std::vector<char> block(kBlock);
  while (begin < end) {
    const auto wanted = std::min<size_t>(kBlock, static_cast<size_t>(end - begin));
    const ssize_t got = pread(fd, block.data(), wanted, begin);
    if (got < 0) part.error = errno;
    if (got <= 0) break;  // also when somebody has made the file shorter
    part.lines += std::count(block.begin(), block.begin() + got, '\n');
    begin += got;
    muster::runtime::Gosched();  // reading a file blocks the OS thread: let others run, too
  }
  return part;
}

muster::RecvChan<Part> ReadInParts(int fd, off_t size) {
  auto parts = muster::MakeChan<Part>();
  auto readers = std::make_shared<muster::WaitGroup>();
  for (int i = 0; i < kReaders; ++i) {
    readers->Go(
        [=] { parts.Send(CountLines(fd, size * i / kReaders, size * (i + 1) / kReaders)); });
  }
  muster::Go([=] {
    readers->Wait();
    close(fd);
    parts.Close();
  });
  return parts;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: shared_reads FILE\n");
    return 2;
  }
  return muster::Run([path = argv[1]] {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
      std::fprintf(stderr, "shared_reads: %s: %s\n", path, std::strerror(errno));
      return 1;
    }
    Part total;
    for (const Part& part : ReadInParts(fd, status.st_size)) {
      total.lines += part.lines;
      total.error = std::max(total.error, part.error);
    }
    if (total.error != 0) {
      std::fprintf(stderr, "shared_reads: %s: %s\n", path, std::strerror(total.error));
      return 1;
    }
    std::printf("%ld lines\n", total.lines);
    return 0;
  });
}
