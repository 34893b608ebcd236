// The lab behind its server: the open runs, one thread that trains them in fair quanta and answers, and who watches
// what. It must not know sockets: requests come in as texts, answers and frames go out through functions.
#pragma once
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "lab/quota.hpp"
#include "lab/state.hpp"
#include "lab/upload.hpp"

namespace limn::lab {

struct Request {
  std::string method, path, query, body;  // the path and the query as they came, percent-encoded
};
struct Answer {
  int status = 200;
  std::string body;  // JSON
};

using Reply = std::function<void(Answer)>;
using Send = std::function<void(std::string frame)>;  // must not block
using ClientId = std::uint64_t;

class Hub {
 public:
  // `allowed`: bytes that may lie in `root`, the folder of runs and uploads.
  Hub(std::filesystem::path root, std::uint64_t allowed, const Program& program, ThreadPool& pool);
  ~Hub();
  void stop();  // ends all runs, saves them, and joins the thread: nothing is replied or sent after it

  // Called by the server's thread. Replies and sends come from the hub's own thread.
  void ask(Request request, Reply reply);
  void connect(ClientId client, Send send);
  void disconnect(ClientId client);
  void message(ClientId client, std::string text);

 private:
  using Clock = std::chrono::steady_clock;
  using Json = nlohmann::json;

  struct View {
    Json wish;
    std::int64_t drawn = -1;  // the step of the newest picture
    std::uint64_t version = 0;
    Clock::time_point due{};
  };
  struct Watch {
    std::vector<View> views;
    std::int64_t cursor = 0;  // scalars up to this step were sent
    std::uint64_t version = 0;
    Clock::time_point state_due{}, scalars_due{};
    std::size_t turn = 0;
  };
  struct Client {
    Send send;
    std::map<std::string, Watch> watches;
    std::int64_t sent = 0, acknowledged = 0;
  };
  struct Waiting {
    std::string run;
    Reply reply;
  };

  void work();
  bool quantum(const std::string& id, Open& open);  // true while it has more to do
  void answer_waiting(const std::string& id);
  bool stream();  // true if something may become due without a step being made
  bool stream_to(Client& client, const std::string& id, Watch& watch, Open& open, Clock::time_point now);
  void send(Client& client, class Frame& frame, const char* kind, const std::string& id, std::int64_t step);

  // The routes. Each may throw Error.
  void route(const Request& request, const Reply& reply);
  Json lab() const;
  Json runs();
  Json create(const Json& wish);
  Json command(const std::string& id, const Json& wish, const Reply& reply, bool& replied);
  Json branch(Open& open, const Json& wish);
  Json edit(Open& open, const Json& wish);
  Json quantity(Open& open, std::int64_t step, const std::string& name, bool with_receipt);
  Json curve(Open& open, const std::map<std::string, std::string>& query);
  Json data();
  Json upload(const std::string& name, const std::string& bytes);
  Json uploaded(const std::string& name);
  Json remove_upload(const std::string& name);
  Json remove_run(const std::string& id);
  Json storage() const;
  std::string location_of(const std::string& data) const;
  Open& open(const std::string& id);
  Open& admit(Run run);
  void received(ClientId client, const std::string& text);

  std::filesystem::path root_;
  Uploads uploads_;
  Quota quota_;
  Program program_;
  ThreadPool& pool_;
  std::string started_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;

  // The worker's own.
  std::map<std::string, std::unique_ptr<Open>> open_;
  std::map<ClientId, Client> clients_;
  std::vector<Waiting> waiting_;
  std::thread thread_;
};

}  // namespace limn::lab
