#include "inspector/endpoint/server.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <exception>
#include <list>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace muster::inspector {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
// Unix sockets and TCP alike.
using Protocol = asio::generic::stream_protocol;

// Before the next try to accept when the process is out of file descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr uint32_t kMaxHeader = 16 * 1024;
// No request needs a body; a small one is read over.
constexpr uint64_t kMaxRequestBody = uint64_t{64} * 1024;

Reply ReplyToBadRequest(const error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return ErrorReply(431, "the request's header is larger than 16 KiB");
  }
  if (error == http::error::body_limit) {
    return ErrorReply(413, "the request has a body larger than 64 KiB; none is needed");
  }
  return ErrorReply(400, "not an HTTP/1.1 request: " + error.message());
}

bool IsProtocolError(const error_code& error) {
  return error != http::error::end_of_stream && error != http::error::partial_message &&
         error.category() == http::make_error_code(http::error::bad_version).category();
}

int FamilyOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family;
}

// Over TCP, a web page could have the user's browser ask, under a name of its own that resolves to
// this machine. The Host header tells that name.
bool NamesThisMachine(beast::string_view host) {
  const std::string name(host.substr(0, host.rfind(':')));
  return name == "127.0.0.1" || name == "localhost";
}

}  // namespace

class Server::Impl {
 public:
  Impl(int fd, Handler handler, std::chrono::milliseconds patience)
      : io_(1),
        family_(FamilyOf(fd)),
        acceptor_(io_, Protocol(family_, 0), fd),
        pause_(io_),
        handler_(std::move(handler)),
        patience_(patience) {
    Accept();
  }

  void Run() {
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception&) {
        // One connection's failure (memory, as a rule) ends that connection only: its handlers are
        // gone, and with them the connection.
      }
    }
  }

  void Stop() { io_.stop(); }

 private:
  class Connection;
  using Connections = std::list<std::weak_ptr<Connection>>;

  void Accept() {
    acceptor_.async_accept([this](const error_code& error, Protocol::socket socket) {
      if (!error) {
        try {
          Open(std::move(socket));
        } catch (const std::bad_alloc&) {
          // The client sees a closed connection; the next one may have more luck.
        }
        Accept();
        return;
      }
      pause_.expires_after(kAcceptPause);
      pause_.async_wait([this](const error_code&) { Accept(); });
    });
  }

  void Open(Protocol::socket socket);
  void MakeRoom();

  // The one whose last answer is longest ago comes first. Declared before `io_`, which destroys the
  // connections that are still open, and these leave the list.
  Connections connections_;
  asio::io_context io_;
  const int family_;
  asio::basic_socket_acceptor<Protocol> acceptor_;
  asio::steady_timer pause_;
  const Handler handler_;
  const std::chrono::milliseconds patience_;
};

// One connection: reads a request, answers, and again. It lives as long as an operation is pending.
class Server::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl* server, Protocol::socket socket) : server_(server), stream_(std::move(socket)) {}
  ~Connection() { Delist(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins, or begins again, to wait for a request, as the youngest of those that do.
  void ReadNext() {
    Enlist();
    idle_ = true;
    parser_.emplace();
    parser_->header_limit(kMaxHeader);
    parser_->body_limit(kMaxRequestBody);
    stream_.expires_after(server_->patience_);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](const error_code& error, size_t) {
                       self->OnRead(error);
                     });
  }

  bool idle() const { return idle_; }

  void Close() {
    Delist();
    stream_.close();
  }

 private:
  void Delist() {
    if (listed_) server_->connections_.erase(place_);
    listed_ = false;
  }

  void Enlist() {
    Delist();
    place_ = server_->connections_.insert(server_->connections_.end(), this->weak_from_this());
    listed_ = true;
  }

  void OnRead(const error_code& error) {
    idle_ = false;
    if (error) {
      // After a timeout, a reset or the client's end there is nobody to tell.
      if (IsProtocolError(error)) Answer(ReplyToBadRequest(error), 11, false, false);
      return;
    }
    const auto& request = parser_->get();
    const bool is_head = request.method() == http::verb::head;
    const beast::string_view method = request.method_string();
    const beast::string_view target = request.target();
    if (server_->family_ != AF_UNIX && !NamesThisMachine(request[http::field::host])) {
      return Answer(ErrorReply(403, "the Host header must be 127.0.0.1 or localhost"),
                    request.version(), false, is_head);
    }
    Reply reply;
    try {
      reply = server_->handler_({method.data(), method.size()}, {target.data(), target.size()});
    } catch (const std::bad_alloc&) {
      reply = ErrorReply(500, "the process has not enough memory for the answer");
    } catch (const std::exception& failure) {
      reply = ErrorReply(500, failure.what());
    }
    Answer(std::move(reply), request.version(), request.keep_alive(), is_head);
  }

  void Answer(Reply reply, unsigned version, bool keep_alive, bool is_head) {
    is_head_ = is_head;
    response_.emplace(static_cast<http::status>(reply.status), version);
    response_->set(http::field::server, "muster");
    response_->set(http::field::content_type, reply.content_type);
    response_->set(http::field::cache_control, "no-store");
    response_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) response_->set(name, value);
    // Without a length known in advance, HTTP/1.0 knows the end by the connection's.
    const bool streamed = reply.rest != nullptr;
    response_->keep_alive(keep_alive && (!streamed || version >= 11));
    if (streamed) {
      response_->chunked(version >= 11);
    } else {
      response_->content_length(reply.body.size());
    }
    if (!is_head) {
      piece_ = std::move(reply.body);
      rest_ = std::move(reply.rest);
    }
    OfferPiece();
    serializer_.emplace(*response_);
    serializer_->split(is_head);
    WriteMore();
  }

  // Gives the serializer what is to be written next. An empty piece is none: in chunks, it would be
  // the end.
  void OfferPiece() {
    response_->body().data = piece_.empty() ? nullptr : piece_.data();
    response_->body().size = piece_.size();
    response_->body().more = rest_ != nullptr;
  }

  void MakePiece() {
    piece_.clear();
    if (!rest_->AppendPiece(&piece_)) rest_.reset();
    OfferPiece();
  }

  void WriteMore() {
    stream_.expires_after(server_->patience_);
    http::async_write_some(stream_, *serializer_,
                           [self = this->shared_from_this()](const error_code& error, size_t) {
                             self->OnWritten(error);
                           });
  }

  void OnWritten(const error_code& error) {
    if (error == http::error::need_buffer) {
      MakePiece();
      return WriteMore();
    }
    if (error && error != http::error::end_of_stream) return;
    const bool done = is_head_ ? serializer_->is_header_done() : serializer_->is_done();
    if (!done) return WriteMore();
    const bool keep_alive = response_->keep_alive();
    serializer_.reset();
    response_.reset();
    piece_ = {};  // it may be large
    if (keep_alive) return ReadNext();
    error_code ignored;
    (void)stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
  }

  Impl* const server_;
  beast::basic_stream<Protocol> stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::buffer_body>> response_;
  std::optional<http::response_serializer<http::buffer_body>> serializer_;
  std::string piece_;               // of the answer's body, which is being written
  std::unique_ptr<SelfDump> rest_;  // what follows it; null when nothing does
  bool is_head_ = false;
  Connections::iterator place_;
  bool listed_ = false;
  bool idle_ = false;
};

void Server::Impl::Open(Protocol::socket socket) {
  // The program may start another one at any time, which must not inherit the connection.
  fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  if (connections_.size() >= kMaxConnections) MakeRoom();
  if (connections_.size() >= kMaxConnections) return;  // all are being answered: drop the newcomer
  std::make_shared<Connection>(this, std::move(socket))->ReadNext();
}

void Server::Impl::MakeRoom() {
  for (const std::weak_ptr<Connection>& entry : connections_) {
    const std::shared_ptr<Connection> connection = entry.lock();
    if (connection == nullptr || !connection->idle()) continue;
    connection->Close();
    return;
  }
}

Server::Server(int fd, Handler handler, std::chrono::milliseconds patience)
    : impl_(std::make_unique<Impl>(fd, std::move(handler), patience)) {}
Server::~Server() = default;
void Server::Run() { impl_->Run(); }
void Server::Stop() { impl_->Stop(); }

}  // namespace muster::inspector
