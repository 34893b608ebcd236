#include "lab/server.hpp"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
// Boost 1.74 wants <utility> before it.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "lab/access.hpp"
#include "lab/page.hpp"
#include "lab/preview.hpp"
#include "lab/report.hpp"

namespace limn::lab {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::uint32_t kMostHead = 8 << 10;
constexpr std::uint64_t kMostBody = 1 << 20;  // but for uploads
constexpr std::size_t kMostMessage = 64 << 10;
constexpr std::size_t kMostConnections = 256, kConnectionsForEach = 16;  // student
constexpr std::size_t kMostQueued = 64;  // frames; a client that does not read is closed
constexpr auto kIdle = 30s, kLinger = 3s;

using Response = http::response<http::string_body>;

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

struct Shared {
  Hub& hub;
  Door door;
  std::size_t connections = 0;
  ClientId next_client = 1;
};

void harden(Response& response) {
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Cross-Origin-Opener-Policy", "same-origin");
}

Response make_response(const Message& request, unsigned status, const std::string& type, std::string body) {
  Response response(static_cast<http::status>(status), request.version());
  response.set(http::field::content_type, type);
  response.set(http::field::cache_control, "no-store");
  harden(response);
  response.keep_alive(request.keep_alive());
  if (request.method() == http::verb::head) {
    response.content_length(body.size());
  } else {
    response.body() = std::move(body);
    response.prepare_payload();
  }
  return response;
}

Response make_response(const Message& request, Answer answer) {
  auto response = make_response(request, static_cast<unsigned>(answer.status), answer.type, std::move(answer.body));
  if (!answer.file.empty())
    response.set(http::field::content_disposition, "attachment; filename=\"" + answer.file + "\"");
  return response;
}

Response make_error(const Message& request, unsigned status, const std::string& what, const std::string& hint) {
  return make_response(request, {static_cast<int>(status), to_text(error_json(what, hint))});
}

std::string root_of(const std::string& space) { return space.empty() ? "/" : fmt::format("/at/{}/", space); }

Response page_response(const Shared& shared, const Message& request, const Access& access, const std::string& path) {
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    return make_error(request, 405, "pages can only be read", "GET " + path);
  const std::string wanted = path == "/" ? "/index.html" : path;
  const auto all = pages();
  const auto found = std::ranges::find(all, wanted, &Page::path);
  if (found == all.end() || wanted == kReportTemplate) {
    if (all.empty() && path == "/")
      return make_response(
          request, 200, "text/plain; charset=utf-8",
          "The pages were not built into this program: ./start builds them. The lab answers to /api.\n");
    return make_error(request, 404, "there is no page " + path, "open /");
  }
  auto response = make_response(request, 200, std::string(found->type), std::string(found->bytes));
  if (wanted == "/index.html")
    response.set(http::field::set_cookie, fmt::format("{}={}; HttpOnly; SameSite=Strict; Path={}", shared.door.cookie,
                                                      access.token, root_of(access.by.space)));
  else
    response.set(http::field::cache_control, "private, max-age=31536000, immutable");  // names hold a hash
  return response;
}

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  Socket(tcp::socket&& socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) { ++shared_.connections; }
  ~Socket() { --shared_.connections; }

  void start(const Message& request, const Grant& by) {
    stream_.set_option(websocket::stream_base::timeout{5s, 60s, true});
    stream_.read_message_max(kMostMessage);
    stream_.binary(true);
    stream_.auto_fragment(false);  // a frame is one piece, which scripts read with less code
    stream_.async_accept(request, [self = shared_from_this(), by](beast::error_code error) {
      if (error) return;
      self->id_ = self->shared_.next_client++;
      const std::weak_ptr<Socket> weak = self;
      self->shared_.hub.connect(self->id_, by, [weak, executor = self->stream_.get_executor()](std::string frame) {
        asio::post(executor, [weak, frame = std::move(frame)]() mutable {
          if (const auto socket = weak.lock()) socket->queue(std::move(frame));
        });
      });
      self->read();
    });
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return self->shared_.hub.disconnect(self->id_);
      self->shared_.hub.message(self->id_, beast::buffers_to_string(self->buffer_.data()));
      self->buffer_.consume(self->buffer_.size());
      self->read();
    });
  }
  void queue(std::string frame) {
    if (frames_.size() >= kMostQueued) return beast::get_lowest_layer(stream_).close();
    frames_.push_back(std::move(frame));
    if (frames_.size() == 1) write();
  }
  void write() {
    stream_.async_write(asio::buffer(frames_.front()),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          if (error) return;
                          self->frames_.pop_front();
                          if (!self->frames_.empty()) self->write();
                        });
  }

  websocket::stream<beast::tcp_stream> stream_;
  Shared& shared_;
  beast::flat_buffer buffer_;
  std::deque<std::string> frames_;
  ClientId id_ = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket&& socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.connections;
  }
  ~Connection() { --shared_.connections; }

  void read() {
    parser_.emplace();
    parser_->header_limit(kMostHead);
    parser_->body_limit(kMostUpload);
    stream_.expires_after(kIdle);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) { self->began(error); });
  }

 private:
  // The head is here. Who may not ask, or asks for too much, is refused before the body is read.
  void began(beast::error_code error) {
    if (error) return failed(error);
    const Message& head = parser_->get();
    const std::string path = target_of(head).path;
    const bool is_file = head.method() == http::verb::post && (path == "/api/data" || path == "/api/archives");
    const std::uint64_t most = is_file ? kMostUpload : kMostBody;
    parser_->body_limit(most);  // of a body that does not say its length
    if (parser_->content_length().value_or(0) > most) return failed(http::error::body_limit);
    beast::error_code gone;
    access_ = check(shared_.door, head, stream_.socket().local_endpoint(gone).address());
    if (access_.status != 0)
      return write(make_error(head, access_.status, access_.what, access_.hint), !parser_->is_done());
    if (parser_->is_done()) return received({});
    if (!beast::iequals(head[http::field::expect], "100-continue")) return read_body();
    response_ = Response(http::status::continue_, head.version());
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code failure, std::size_t) {
      if (!failure) self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) { self->received(error); });
  }

  void failed(beast::error_code error) {
    if (error == http::error::header_limit)
      return write(make_error({}, 431, "the head is too large", "at most 8 KiB"), true);
    if (error == http::error::body_limit)
      return write(make_error({}, 413, "the body is too large", "at most 1 MiB, and 64 MiB of an upload"), true);
    if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return write(make_error({}, 400, "this is no HTTP", "docs/protocol.md has the requests"), true);
    close();
  }

  void received(beast::error_code error) {
    if (error) return failed(error);
    stream_.expires_never();
    Message request = parser_->release();
    const auto [space, path, query] = target_of(request);
    if (websocket::is_upgrade(request)) {
      if (path != "/api/stream") return write(make_error(request, 404, "no stream is here", "/api/stream"), false);
      std::make_shared<Socket>(stream_.release_socket(), shared_)->start(request, access_.by);
      return;
    }
    if (path.empty()) {
      auto elsewhere = make_error(request, 308, "the address ends with /", root_of(space));
      elsewhere.set(http::field::location, root_of(space) + (query.empty() ? "" : "?" + query));
      return write(std::move(elsewhere), false);
    }
    if (!path.starts_with("/api/")) return write(page_response(shared_, request, access_, path), false);
    const std::weak_ptr<Connection> weak = weak_from_this();
    kept_ = shared_from_this();  // until the hub answers
    Request asked{text_of(request.method_string()), path, query, std::move(request.body()), access_.by};
    request.body().clear();
    shared_.hub.ask(std::move(asked), [weak, request, executor = stream_.get_executor()](Answer answer) {
      asio::post(executor, [weak, request, answer = std::move(answer)]() mutable {
        if (const auto self = weak.lock()) {
          self->kept_.reset();
          self->write(make_response(request, std::move(answer)), false);
        }
      });
    });
  }

  void write(Response response, bool last) {
    response_ = std::move(response);
    const bool ends = last || !response_.keep_alive();
    stream_.expires_after(kIdle);
    http::async_write(stream_, response_, [self = shared_from_this(), ends](beast::error_code error, std::size_t) {
      if (error || ends) return self->close();
      self->read();
    });
  }

  // What a client still sends is thrown away for a while: a connection that is closed upon it would take back the
  // answer too.
  void close() {
    beast::error_code ignored;
    ignored = stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    discard();
  }
  void discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kMostHead),
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->discard();
                            });
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  beast::flat_buffer buffer_{kMostHead + kMostBody};
  std::optional<http::request_parser<http::string_body>> parser_;
  Access access_;  // of the request that is read
  Response response_;
  std::shared_ptr<Connection> kept_;
};

void accept(tcp::acceptor& acceptor, Shared& shared) {
  acceptor.async_accept([&](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error && shared.connections < kMostConnections + kConnectionsForEach * shared.door.keys.students().size()) {
      beast::error_code ignored;
      ignored = socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Connection>(std::move(socket), shared)->read();
    }
    accept(acceptor, shared);
  });
}

tcp::acceptor bound(asio::io_context& context, const ServerOptions& options) {
  beast::error_code error;
  const auto address = asio::ip::make_address(options.host == "localhost" ? "127.0.0.1" : options.host, error);
  if (error) throw Error(fmt::format("{} is no address", options.host), "take --host 127.0.0.1 or ::1");
  if (!address.is_loopback() && !options.network)
    throw Error(
        fmt::format("{} is no loopback address", options.host),
        "take --host 127.0.0.1 or ::1; from elsewhere, tunnel: ssh -L 7070:127.0.0.1:7070 MACHINE; others of the "
        "network are let in with --class");
  tcp::acceptor acceptor(context);
  const tcp::endpoint at(address, options.port);
  error = acceptor.open(at.protocol(), error);
  if (!error) error = acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) error = acceptor.bind(at, error);
  if (!error) error = acceptor.listen(128, error);
  if (error)
    throw Error(fmt::format("port {} of {} cannot be taken: {}", options.port, options.host, error.message()),
                "another program has it, perhaps another limn lab: end that one, or take --port 0 for any free port");
  return acceptor;
}

}  // namespace

bool is_loopback(const std::string& host) {
  beast::error_code error;
  return host == "localhost" || asio::ip::make_address(host, error).is_loopback();
}

std::string public_host(const ServerOptions& options) {
  if (!options.names.empty()) return options.names.front();
  beast::error_code error;
  const auto address = asio::ip::make_address(options.host, error);
  if (error || !address.is_unspecified()) return address.is_v6() ? "[" + options.host + "]" : options.host;
  std::string found = "127.0.0.1";
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return found;
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto* in = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    const asio::ip::address_v4 its(ntohl(in->sin_addr.s_addr));
    if (its.is_loopback()) continue;
    found = its.to_string();
    break;
  }
  ::freeifaddrs(all);
  return found;
}

void serve(const ServerOptions& options, const Keys& keys, Hub& hub, const std::atomic<int>& interrupts,
           const std::function<void(std::uint16_t port)>& ready) {
  if (rlimit files{}; ::getrlimit(RLIMIT_NOFILE, &files) == 0) {  // a connection is one, and an open run another
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  Shared shared{hub, {keys}};  // outlives the connections, which end with the context
  asio::io_context context(1);
  const struct Last {  // the hub sends to the context, so it ends first, and what it still said is taken
    Hub& hub;
    asio::io_context& context;
    ~Last() {
      hub.stop();
      context.restart();
      context.poll();
    }
  } last{hub, context};
  tcp::acceptor acceptor = bound(context, options);
  const std::uint16_t port = acceptor.local_endpoint().port();
  shared.door.port = port;
  shared.door.cookie = fmt::format("limn-{}", port);
  std::vector<std::string> hosts{"127.0.0.1", "localhost", "[::1]", public_host(options)};
  hosts.insert(hosts.end(), options.names.begin(), options.names.end());
  for (const std::string& host : hosts) shared.door.hosts.push_back(fmt::format("{}:{}", host, port));
  shared.door.any_address = acceptor.local_endpoint().address().is_unspecified();
  accept(acceptor, shared);
  asio::steady_timer timer(context);
  const std::function<void()> look = [&] {
    timer.expires_after(50ms);
    timer.async_wait([&](beast::error_code error) {
      if (error) return;  // the timer is gone
      if (interrupts.load(std::memory_order_relaxed) != 0) return context.stop();
      look();
    });
  };
  look();
  ready(port);
  context.run();
}

}  // namespace limn::lab
