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

#include "lab/data_cache.hpp"
#include "lab/frame.hpp"
#include "lab/notebook.hpp"
#include "lab/quota.hpp"
#include "lab/state.hpp"
#include "lab/upload.hpp"
#include "lab/wish.hpp"

namespace limn::lab {

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
  using Json = nlohmann::json;

  // A part of what a client watches: the scalars, the state or a view.
  struct Part {
    std::string key;            // of a view: its wish, as text
    std::uint64_t version = 0;  // of the run, that was sent last
    std::int64_t turn = 0;      // the frame with which it was sent last: who waits longest goes first
    Clock::time_point due{};
  };
  struct Watch {
    Part scalars, state;
    std::vector<Part> views;
    std::int64_t cursor = 0;  // scalars up to this step were sent
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

  struct Load {  // data on their way, and who wants them
    struct Asking {
      std::function<void()> again;
      std::function<void(const Error&)> failed;
    };
    std::vector<Asking> asking;
    std::jthread thread;
  };

  void work();
  // Loads the data beside all other work, and then does the job again that wanted them.
  void load(const DataRequest& wanted, Load::Asking asking);
  void loaded(const DataRequest& wanted, const std::shared_ptr<const Dataset>& data, const Error& error);
  void answer_waiting(Open& run);

  // Whose turn it is (schedule.cpp). False: nobody's before `next`.
  bool take_turn(Clock::time_point& next);

  // What clients are sent (stream.cpp).
  Clock::time_point stream();  // when something may become due without a step being made
  Clock::time_point stream_to(Client& client, Clock::time_point now);
  void send_scalars(Client& client, Watch& watch, Open& run);
  void send_state(Client& client, Watch& watch, Open& run);
  void send_view(Client& client, Part& part, Picture& picture, Open& run);
  Clock::duration share_of_time(Clock::duration cost) const;
  void send(Client& client, const Body& body);
  void refuse(Client& client, const Error& error);
  void received(ClientId client, const std::string& text);
  void watch(Client& client, const Json& wish);

  // The requests. Each may throw Error.
  void route(const Request& request, const Reply& reply);
  void find_route(const Request& request, const Reply& reply);
  Json lab() const;
  Json runs();
  void quantity(Open& open, std::int64_t step, const std::string& name, bool with_receipt, const Reply& reply);
  Json curve(Open& open, const std::map<std::string, std::string>& query);
  Json data();
  Json upload(const std::string& name, const std::string& bytes);
  Json uploaded(const std::string& name);
  Json remove_upload(const std::string& name);
  Json remove_run(const std::string& id);
  Json storage() const;
  std::string notebook() const;
  std::string note(const Json& wish);
  std::string location_of(const std::string& data) const;
  Open& open(const std::string& id);
  Open& admit(Run run, std::shared_ptr<const Dataset> data);

  // What changes runs (command.cpp): the run whose STATE answers, or null where the answer comes later.
  Open& create(const Json& wish);
  Open* command(const std::string& id, const Json& wish, const Reply& reply);
  void branch(Open& open, const Json& wish, const Reply& reply, const Edits& edits = {});
  Open* edit(Open& open, const Json& wish, const Reply& reply);
  void play(Open& open, const Json& wish);

  std::filesystem::path root_;
  Uploads uploads_;
  Quota quota_;
  Notebook notebook_;
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
  double turn_ = 0;  // time that who had the least had at the last turn
  DataCache data_;
  std::map<std::string, Load> loads_;  // by the request, as text
  std::thread thread_;
};

}  // namespace limn::lab
