// Reads a file, transforms its lines, filters them, and writes what is left: pipeline IN OUT.
//
// Each stage is a goroutine, and each arrow a channel with a little room; so the slowest stage sets
// the pace, and no more than a few lines are in memory at a time.
#include <cctype>
#include <cstdio>
#include <fstream>
#include <string>

#include "muster/muster.h"

using Lines = muster::Chan<std::string>;

void Read(std::istream& in, const Lines& out) {
  std::string line;
  while (std::getline(in, line)) out.Send(std::move(line));
  out.Close();
}

// Without the space around it, and in lower case.
std::string Normalised(const std::string& line) {
  const char* const kSpace = " \t\r";
  const size_t begin = line.find_first_not_of(kSpace);
  if (begin == std::string::npos) return "";
  std::string text = line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void Transform(const Lines& in, const Lines& out) {
  for (const std::string& line : in) out.Send(Normalised(line));
  out.Close();
}

// No empty lines, and no comments.
void Filter(const Lines& in, const Lines& out) {
  for (std::string& line : in) {
    if (!line.empty() && line[0] != '#') out.Send(std::move(line));
  }
  out.Close();
}

int Write(const Lines& in, std::ostream& out) {
  int written = 0;
  for (const std::string& line : in) {
    out << line << '\n';
    ++written;
  }
  out.flush();
  return written;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: pipeline IN OUT\n");
    return 2;
  }
  std::ifstream in(argv[1]);
  std::ofstream out(argv[2]);
  if (!in || !out) {
    std::fprintf(stderr, "pipeline: cannot open %s\n", !in ? argv[1] : argv[2]);
    return 1;
  }
  return muster::Run([&] {
    const Lines read = muster::MakeChan<std::string>(4);
    const Lines transformed = muster::MakeChan<std::string>(4);
    const Lines filtered = muster::MakeChan<std::string>(4);
    muster::Go([&in, read] { Read(in, read); });
    muster::Go([=] { Transform(read, transformed); });
    muster::Go([=] { Filter(transformed, filtered); });
    const int written = Write(filtered, out);
    if (!out) {
      std::fprintf(stderr, "pipeline: cannot write %s\n", argv[2]);
      return 1;
    }
    std::printf("%d lines\n", written);
    return 0;
  });
}
