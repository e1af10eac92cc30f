// What makes net::Conn one of Boost.Beast's SyncReadStream and SyncWriteStream: include it to use a
// Conn with boost::beast::http::read and write, or anything else that takes such a stream.
//
// Nothing blocks the OS thread. Errors: the end of the stream is boost::asio::error::eof, a
// deadline boost::asio::error::timed_out, a connection closed by this program
// boost::asio::error::operation_aborted; others are the system's. Those without an error_code throw
// boost::system::system_error.
#ifndef MUSTER_NET_BEAST_H_
#define MUSTER_NET_BEAST_H_

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include "muster/net.h"

namespace muster::net {
namespace internal {

// How many buffers of a sequence go into one system call.
inline constexpr size_t kMaxParts = 16;

inline boost::system::error_code ToErrorCode(const absl::Status& err) {
  if (err.ok()) return {};
  if (io::IsEOF(err)) return boost::asio::error::eof;
  if (io::IsTimeout(err)) return boost::asio::error::timed_out;
  if (io::IsClosed(err)) return boost::asio::error::operation_aborted;
  if (const int error = io::Errno(err); error != 0) {
    return {error, boost::system::system_category()};
  }
  return boost::asio::error::invalid_argument;
}

// The first parts of a buffer sequence that are not empty.
template <typename Buffer, typename Buffers>
size_t ToParts(const Buffers& buffers, Part* parts) {
  size_t count = 0;
  const auto end = boost::asio::buffer_sequence_end(buffers);
  for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end && count < kMaxParts;
       ++at) {
    const Buffer buffer(*at);
    if (buffer.size() == 0) continue;
    parts[count++] = {const_cast<void*>(buffer.data()), buffer.size()};
  }
  return count;
}

inline size_t OrThrow(size_t n, const boost::system::error_code& error) {
  if (error) throw boost::system::system_error(error);
  return n;
}

}  // namespace internal

template <typename Buffers, typename ErrorCode>
size_t Conn::read_some(const Buffers& buffers, ErrorCode& error) {
  internal::Part parts[internal::kMaxParts];
  const size_t count = internal::ToParts<boost::asio::mutable_buffer>(buffers, parts);
  error = {};
  if (count == 0) return 0;
  const io::Result result = ReadParts(parts, count);
  error = internal::ToErrorCode(result.err);
  return result.n;
}

template <typename Buffers, typename ErrorCode>
size_t Conn::write_some(const Buffers& buffers, ErrorCode& error) {
  internal::Part parts[internal::kMaxParts];
  const size_t count = internal::ToParts<boost::asio::const_buffer>(buffers, parts);
  error = {};
  if (count == 0) return 0;
  const io::Result result = WriteParts(parts, count);
  error = internal::ToErrorCode(result.err);
  return result.n;
}

template <typename Buffers>
size_t Conn::read_some(const Buffers& buffers) {
  boost::system::error_code error;
  const size_t n = read_some(buffers, error);
  return internal::OrThrow(n, error);
}

template <typename Buffers>
size_t Conn::write_some(const Buffers& buffers) {
  boost::system::error_code error;
  const size_t n = write_some(buffers, error);
  return internal::OrThrow(n, error);
}

}  // namespace muster::net

#endif  // MUSTER_NET_BEAST_H_
