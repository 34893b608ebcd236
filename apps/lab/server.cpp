#include "lab/server.hpp"

#include <sys/random.h>

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
constexpr std::size_t kMostConnections = 256;
constexpr std::size_t kMostQueued = 64;  // frames; a client that does not read is closed
constexpr auto kIdle = 30s, kLinger = 3s;

using Message = http::request<http::string_body>;
using Response = http::response<http::string_body>;

std::string text_of(beast::string_view view) { return {view.data(), view.size()}; }

// Compares in a time that tells nothing of where they differ.
bool is_equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() != b.size();
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

struct Shared {
  Hub& hub;
  std::string token, cookie;       // the cookie's name
  std::vector<std::string> hosts;  // that a request may name
  std::size_t connections = 0;
  ClientId next_client = 1;
};

// What a request may not do, or 0.
struct Refusal {
  unsigned status = 0;
  std::string what, hint;
};

std::string value_after(std::string_view text, std::string_view name, char end) {
  while (!text.empty()) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    const auto part = text.substr(0, text.find(end));
    if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=')
      return std::string(part.substr(name.size() + 1));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return "";
}

std::pair<std::string, std::string> path_and_query(const Message& request) {
  const std::string target = text_of(request.target());
  const std::size_t mark = std::min(target.find('?'), target.size());
  return {target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

Refusal check(const Shared& shared, const Message& request) {
  const std::string host = text_of(request[http::field::host]);
  if (request.count(http::field::host) != 1 || std::ranges::count(shared.hosts, host) == 0)
    return {421, "the request names another host", "open the address that limn lab printed"};
  const std::string origin = text_of(request[http::field::origin]);
  if (request.count(http::field::origin) > 0 && origin != "http://" + host)
    return {403, "a page from another origin asks", "open the address that limn lab printed"};
  const std::string query = path_and_query(request).second;
  const std::string authorization = text_of(request[http::field::authorization]);
  const bool known = is_equal(value_after(query, "token", '&'), shared.token) ||
                     is_equal(value_after(text_of(request[http::field::cookie]), shared.cookie, ';'), shared.token) ||
                     is_equal(authorization, "Bearer " + shared.token);
  if (!known) return {401, "the token is missing or wrong", "open the address that limn lab printed"};
  return {};
}

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

Response page_response(const Shared& shared, const Message& request, const std::string& path) {
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
    response.set(http::field::set_cookie, shared.cookie + "=" + shared.token + "; HttpOnly; SameSite=Strict; Path=/");
  else
    response.set(http::field::cache_control, "private, max-age=31536000, immutable");  // names hold a hash
  return response;
}

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  Socket(tcp::socket&& socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) { ++shared_.connections; }
  ~Socket() { --shared_.connections; }

  void start(const Message& request) {
    stream_.set_option(websocket::stream_base::timeout{5s, 60s, true});
    stream_.read_message_max(kMostMessage);
    stream_.binary(true);
    stream_.auto_fragment(false);  // a frame is one piece, which scripts read with less code
    stream_.async_accept(request, [self = shared_from_this()](beast::error_code error) {
      if (error) return;
      self->id_ = self->shared_.next_client++;
      const std::weak_ptr<Socket> weak = self;
      self->shared_.hub.connect(self->id_, [weak, executor = self->stream_.get_executor()](std::string frame) {
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
    const std::string path = path_and_query(head).first;
    const bool is_file = head.method() == http::verb::post && (path == "/api/data" || path == "/api/archives");
    const std::uint64_t most = is_file ? kMostUpload : kMostBody;
    parser_->body_limit(most);  // of a body that does not say its length
    if (parser_->content_length().value_or(0) > most) return failed(http::error::body_limit);
    if (const Refusal refusal = check(shared_, head); refusal.status != 0)
      return write(make_error(head, refusal.status, refusal.what, refusal.hint), !parser_->is_done());
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
    const auto [path, query] = path_and_query(request);
    if (websocket::is_upgrade(request)) {
      if (path != "/api/stream") return write(make_error(request, 404, "no stream is here", "/api/stream"), false);
      std::make_shared<Socket>(stream_.release_socket(), shared_)->start(request);
      return;
    }
    if (!path.starts_with("/api/")) return write(page_response(shared_, request, path), false);
    const std::weak_ptr<Connection> weak = weak_from_this();
    kept_ = shared_from_this();  // until the hub answers
    Request asked{text_of(request.method_string()), path, query, std::move(request.body())};
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
  Response response_;
  std::shared_ptr<Connection> kept_;
};

void accept(tcp::acceptor& acceptor, Shared& shared) {
  acceptor.async_accept([&](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error && shared.connections < kMostConnections) {
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
  if (error || !address.is_loopback())
    throw Error(fmt::format("{} is no loopback address", options.host),
                "take --host 127.0.0.1 or ::1; from elsewhere, tunnel: ssh -L 7070:127.0.0.1:7070 MACHINE");
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

std::string random_token() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
    throw Error("the system gives no random numbers", "name a token: --token", Fault::kFailure);
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

void serve(const ServerOptions& options, Hub& hub, const std::atomic<int>& interrupts,
           const std::function<void(std::uint16_t port)>& ready) {
  Shared shared{hub, options.token, {}, {}};  // outlives the connections, which end with the context
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
  shared.cookie = fmt::format("limn-{}", port);
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]"})
    shared.hosts.push_back(fmt::format("{}:{}", host, port));
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
