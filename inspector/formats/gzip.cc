#include "inspector/formats/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>

#include "absl/status/status.h"
#include "inspector/formats/text_util.h"

namespace muster::inspector::formats {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib's way to ask for the gzip header
constexpr size_t kChunk = 1 << 16;

// Dumps of equal stacks shrink a hundredfold and more; beyond this an input only wants memory.
size_t MaxOutput(size_t input) {
  constexpr size_t kFloor = size_t{64} << 20;
  constexpr size_t kCeiling = size_t{4} << 30;
  return std::min(kCeiling, kFloor + input * 200);
}

// zlib counts in 32 bits.
uInt Clip(size_t size) {
  return static_cast<uInt>(std::min<size_t>(size, std::numeric_limits<uInt>::max()));
}

Bytef* Input(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

// Owns a stream that inflates.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_ = {};
};

}  // namespace

bool IsGzip(std::string_view input) { return input.starts_with("\x1f\x8b"); }

std::string Gzip(std::string_view data) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out;
  char chunk[kChunk];
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    const uInt take = Clip(data.size());
    stream.next_in = Input(data);
    stream.avail_in = take;
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = kChunk;
    result = deflate(&stream, take == data.size() ? Z_FINISH : Z_NO_FLUSH);
    data.remove_prefix(take - stream.avail_in);
    out.append(chunk, kChunk - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

absl::StatusOr<Gunzipped> Gunzip(std::string_view input) {
  const size_t limit = MaxOutput(input.size());
  Inflater inflater;
  z_stream& stream = inflater.stream();
  Gunzipped out;
  char chunk[kChunk];
  while (true) {
    const uInt take = Clip(input.size());
    stream.next_in = Input(input);
    stream.avail_in = take;
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = kChunk;
    const int result = inflate(&stream, Z_NO_FLUSH);
    input.remove_prefix(take - stream.avail_in);
    out.data.append(chunk, kChunk - stream.avail_out);
    if (out.data.size() > limit) {
      return absl::InvalidArgumentError(
          Cat("gzip data grows to more than ", limit, " bytes: unpack it with gunzip first"));
    }
    if (result == Z_STREAM_END) {
      // Several members may follow one another, as `cat a.gz b.gz` makes them.
      if (!IsGzip(input)) return out;
      inflateReset(&stream);
    } else if (result == Z_BUF_ERROR || (result == Z_OK && input.empty() && stream.avail_out > 0)) {
      out.truncated = true;
      return out;
    } else if (result != Z_OK) {
      return absl::InvalidArgumentError("gzip data is damaged: take the dump again");
    }
  }
}

}  // namespace muster::inspector::formats
