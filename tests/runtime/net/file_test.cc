// Pipes, blocking descriptors and regular files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "muster/os.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

// Until somebody waits for that descriptor.
void AwaitWaiter(const os::File& file) {
  testing::WaitUntil([&](const record::Snapshot& snapshot) {
    for (const record::Object& object : snapshot.objects) {
      if (object.kind == record::ObjectKind::kFD && object.fd == file.Fd()) return true;
    }
    return false;
  });
}

TEST(OsPipe, ReadsWhatIsWrittenThenEOF) {
  muster::Run([] {
    auto [r, w] = *os::Pipe();
    WaitGroup done;
    done.Go([r]() mutable {
      char buffer[16];
      const auto [n, err] = r.Read(buffer);
      EXPECT_EQ(std::string(buffer, n), "hello");
      EXPECT_TRUE(io::IsEOF(r.Read(buffer).err));
    });
    AwaitWaiter(r);
    EXPECT_EQ(w.Write("hello").n, 5u);
    EXPECT_TRUE(w.Close().ok());
    done.Wait();
  });
}

TEST(OsPipe, WriteToABrokenOneFailsWithEPIPE) {
  muster::Run([] {
    auto [r, w] = *os::Pipe();
    EXPECT_TRUE(r.Close().ok());
    const absl::Status err = w.Write("x").err;
    EXPECT_EQ(io::Errno(err), EPIPE);
    EXPECT_EQ(err.message(), "write |1: broken pipe");
  });
}

TEST(OsFile, CloseWakesAReader) {
  muster::Run([] {
    auto [r, w] = *os::Pipe();
    WaitGroup done;
    done.Go([r]() mutable {
      char buffer[16];
      const absl::Status err = r.Read(buffer).err;
      EXPECT_TRUE(io::IsClosed(err));
      EXPECT_EQ(err.message(), "read |0: file already closed");
    });
    AwaitWaiter(r);
    EXPECT_TRUE(r.Close().ok());
    done.Wait();
  });
}

TEST(OsFile, DeadlineWakesAReader) {
  muster::Run([] {
    auto [r, w] = *os::Pipe();
    EXPECT_TRUE(r.SetReadDeadline(absl::Now() + absl::Milliseconds(2)).ok());
    char buffer[16];
    EXPECT_TRUE(io::IsTimeout(r.Read(buffer).err));
  });
}

// As the standard input is: whoever started the process shares it.
TEST(OsFile, ABlockingDescriptorParksTheGoroutineAndStaysBlocking) {
  muster::Run([] {
    int fds[2];
    ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
    os::File r = *os::NewFile(fds[0], "in");
    WaitGroup done;
    done.Go([&] {
      char buffer[16];
      const auto [n, err] = r.Read(buffer);
      EXPECT_EQ(std::string(buffer, n), "line");
    });
    AwaitWaiter(r);
    EXPECT_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(write(fds[1], "line", 4), 4);
    done.Wait();
    close(fds[1]);
  });
}

TEST(OsFile, ARegularFileIsReadWithoutThePoller) {
  muster::Run([] {
    std::FILE* temporary = std::tmpfile();
    std::fputs("text", temporary);
    std::fflush(temporary);
    std::rewind(temporary);
    os::File file = *os::NewFile(dup(fileno(temporary)), "temporary");
    std::fclose(temporary);
    char buffer[16];
    EXPECT_EQ(file.Read(buffer).n, 4u);
    EXPECT_TRUE(io::IsEOF(file.Read(buffer).err));
    EXPECT_FALSE(file.SetDeadline(absl::Now()).ok());
    EXPECT_TRUE(file.Close().ok());
    EXPECT_EQ(file.Fd(), -1);
  });
}

}  // namespace
}  // namespace muster
