#include "tools/gprof-dump/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <streambuf>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::gprof_dump {
namespace {

std::string Reason(int error) { return std::generic_category().message(error); }

// A buffer over a file descriptor. std::filebuf forgets errno, and a closed pipe must be told from
// a full disk.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd) : fd_(fd) { Rewind(); }

  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (!Drain()) return traits_type::eof();
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return sputc(traits_type::to_char_type(c));
  }

  int sync() override { return Drain() ? 0 : -1; }

 private:
  void Rewind() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

  bool Drain() {
    const char* from = pbase();
    while (error_ == 0 && from < pptr()) {
      const ssize_t written = ::write(fd_, from, static_cast<size_t>(pptr() - from));
      if (written >= 0) {
        from += written;
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    Rewind();
    return error_ == 0;
  }

  const int fd_;
  int error_ = 0;
  std::array<char, 1 << 16> buffer_;
};

class DescriptorOutput : public Output {
 public:
  // `rename_from` is the file to be renamed to `name` at the end; empty when `name` is written
  // in place.
  DescriptorOutput(int fd, std::string name, std::string rename_from)
      : fd_(fd),
        name_(std::move(name)),
        rename_from_(std::move(rename_from)),
        buffer_(fd),
        stream_(&buffer_) {}

  ~DescriptorOutput() override {
    if (!finished_) Discard();
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }

  std::ostream& stream() override { return stream_; }
  bool IsTerminal() const override { return ::isatty(fd_) == 1; }

  absl::Status Finish() override {
    finished_ = true;
    stream_.flush();
    int error = buffer_.error();
    if (error == EPIPE) return absl::OkStatus();
    // Some file systems (NFS, quotas) report a failed write at this point only.
    if (error == 0 && !rename_from_.empty() && ::fsync(fd_) != 0) error = errno;
    if (error == 0 && !rename_from_.empty() &&
        std::rename(rename_from_.c_str(), name_.c_str()) != 0) {
      error = errno;
    }
    if (error == 0) return absl::OkStatus();
    Discard();
    return absl::DataLossError(
        absl::StrCat("cannot write ", name_, ": ", Reason(error),
                     rename_from_.empty() ? "; the output is incomplete"
                                          : "; nothing was changed there, choose another -o FILE"));
  }

 private:
  void Discard() {
    if (!rename_from_.empty()) ::unlink(rename_from_.c_str());
  }

  const int fd_;
  const std::string name_;
  const std::string rename_from_;
  DescriptorBuffer buffer_;
  std::ostream stream_;
  bool finished_ = false;
};

absl::Status CannotWrite(const std::string& path, int error) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write ", path, ": ", Reason(error), "; choose another -o FILE"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Output>> Output::Open(const std::string& path) {
  if (path.empty() || path == "-") {
    return std::make_unique<DescriptorOutput>(STDOUT_FILENO, "standard output", "");
  }
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return CannotWrite(path, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) {
    // A device or a named pipe must be written itself, not replaced.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return CannotWrite(path, errno);
    return std::make_unique<DescriptorOutput>(fd, path, "");
  }
  // A symbolic link keeps pointing where it does; its target is what is replaced.
  std::error_code ignored;
  const std::string target = exists ? std::filesystem::canonical(path, ignored).string() : path;
  if (exists && ::access(target.c_str(), W_OK) != 0) return CannotWrite(path, errno);
  const std::string beside = absl::StrCat(target, ".", ::getpid(), ".part");
  const mode_t mode = exists ? (info.st_mode & 0777) : 0666;
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return CannotWrite(path, errno);
  return std::make_unique<DescriptorOutput>(fd, target, beside);
}

bool Output::UseColor(Color color) const {
  if (color != Color::kAuto) return color == Color::kAlways;
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && no_color[0] != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  return IsTerminal();
}

}  // namespace muster::gprof_dump
