// fuzz_seeds DIR DUMP...: writes every dump in every form to DIR, protobuf unpacked, so that
// fuzzers of forms that are hard to guess have something to begin with.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>

#include "inspector/formats/gzip.h"
#include "muster/inspector/formats.h"

int main(int argc, char** argv) {
  using muster::inspector::Format;
  for (int i = 2; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const auto snapshot = muster::inspector::Read(text, argv[i]);
    if (!snapshot.ok()) {
      std::cerr << snapshot.status().message() << "\n";
      continue;
    }
    for (const Format format :
         {Format::kText1, Format::kText2, Format::kProto, Format::kJson, Format::kWire}) {
      std::ofstream out(
          std::filesystem::path(argv[1]) / (path.filename().string() + "." + ToString(format)),
          std::ios::binary);
      if (format != Format::kProto) {
        Write(*snapshot, format, out);
        continue;
      }
      std::ostringstream packed;
      Write(*snapshot, format, packed);
      const auto unpacked = muster::inspector::formats::Gunzip(packed.str());
      if (unpacked.ok()) out << unpacked->data;
    }
  }
  return 0;
}
