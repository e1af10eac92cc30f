// Writes Go's debug=2 text: every goroutine with its state, its stack and its creator.
#include <ostream>
#include <string>

#include "inspector/formats/text2_writer.h"
#include "inspector/formats/writers.h"

namespace muster::inspector::formats {
namespace {

// How much text is put together before it goes out.
constexpr size_t kPiece = size_t{64} << 10;

void Flush(std::string* text, std::ostream& out) {
  out.write(text->data(), static_cast<std::streamsize>(text->size()));
  text->clear();
}

}  // namespace

void WriteText2(const Snapshot& snapshot, const WriteOptions& options, std::ostream& out) {
  Text2Writer writer(snapshot, options.all_frames);
  std::string text;
  writer.AppendPreamble(&text);
  for (const Goroutine& goroutine : snapshot.goroutines) {
    writer.Append(goroutine, &text);
    if (text.size() >= kPiece) Flush(&text, out);
  }
  writer.AppendNotes(snapshot.notes, &text);
  Flush(&text, out);
}

}  // namespace muster::inspector::formats
