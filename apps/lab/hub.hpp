// The lab behind its server: the spaces with their open runs, one thread that trains them in fair quanta and answers,
// and who watches what. It must not know sockets: requests come in as texts, answers and frames go out through
// functions; nor tokens: each request says to whom it was granted.
#pragma once
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "lab/data_cache.hpp"
#include "lab/frame.hpp"
#include "lab/keys.hpp"
#include "lab/space.hpp"
#include "lab/wish.hpp"

namespace limn {
class Unpacked;
}

namespace limn::lab {

class Survey;
struct Stand;
using Send = std::function<void(std::string frame)>;  // must not block
using ClientId = std::uint64_t;

void check_page(const std::string& experiment);  // Error: the lab shows no runs of it

class Hub {
 public:
  // `allowed`: bytes that may lie in `root`, the folder of runs and uploads, and `for_each` in that of each student of
  // the class that `keys` knows, `root`/students/SLUG, which do not count among the others.
  Hub(const std::filesystem::path& root, std::uint64_t allowed, std::uint64_t for_each, Keys& keys,
      const Program& program, ThreadPool& pool);
  ~Hub();
  void stop();  // ends all runs, saves them, and joins the thread: nothing is replied or sent after it

  // Called by the server's thread. Replies and sends come from the hub's own thread.
  void ask(Request request, Reply reply);
  void connect(ClientId client, const Grant& by, Send send);
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
    Space* space;
    bool writes;
    Send send;
    std::map<std::string, Watch> watches;
    std::int64_t sent = 0, acknowledged = 0;
  };
  struct Turn {  // of a run in a space, with the time it had
    Open* run = nullptr;
    double* used = nullptr;
    enum { kPlays, kGoes, kReads } what = kPlays;
    int playing = 0;  // in that space
  };

  struct Load {  // data on their way, and who wants them
    struct Asking {
      std::function<void()> again;
      std::function<void(const Error&)> failed;
    };
    std::vector<Asking> asking;
    std::jthread thread;
  };

  struct Aside {  // work that takes long, and who waits for it
    Reply reply;
    std::jthread thread;
  };

  void work();
  // Does the work on a thread of its own, and what it returns on the hub's.
  void beside(const Reply& reply, std::function<std::function<void()>()> work);
  // Loads the data beside all other work, and then does the job again that wanted them.
  void load(const DataRequest& wanted, Load::Asking asking);
  void loaded(const DataRequest& wanted, const std::shared_ptr<const Dataset>& data, const Error& error);
  void answer_waiting(Open& run);

  // Whose turn it is (schedule.cpp). False: nobody's before `next`.
  bool take_turn(Clock::time_point& next);
  static Turn turn_of(Space& space, Clock::time_point now, Clock::time_point& next);

  // What clients are sent (stream.cpp).
  Clock::time_point stream();  // when something may become due without a step being made
  Clock::time_point stream_to(Client& client, Clock::time_point now);
  void send_scalars(Client& client, Watch& watch, Open& run);
  void send_state(Client& client, Watch& watch, Open& run);
  void send_view(Client& client, Part& part, Picture& picture, Open& run);
  Clock::duration share_of_time(Clock::duration cost, bool is_first) const;
  void send(Client& client, const Body& body);
  void refuse(Client& client, const Error& error);
  void received(ClientId client, const std::string& text);
  void watch(Client& client, const Json& wish);

  // The requests. Each may throw Error.
  void route(const Request& request, const Reply& reply);
  void find_route(const Request& request, const Reply& reply);
  Json lab(const Grant& by, const Space& space) const;
  Json runs(const Space& space);
  // Numbers of a step by name, with their receipts or without; `alone`: one, which is the answer itself.
  struct Asked {
    std::vector<std::string> names;
    bool receipts = false, alone = false;
  };
  void quantities(Open& open, const std::string& step, Asked asked, const Reply& reply);
  void spread(Open& open, const std::string& step, const std::string& what,
              const std::map<std::string, std::string>& query, const Reply& reply);
  void report(Open& open, const Reply& reply);
  // The loss over a plane: the newest that is asked for in a space.
  void survey(Space& space, const Stand& here, const std::map<std::string, std::string>& query, const Reply& reply);
  void visit(Space& space, const std::shared_ptr<Survey>& survey, const Reply& reply);
  // What a network looks at (explaining.cpp): of each method the newest that is asked for in a space; and ascents
  // of activation maximisation. False: it is another request.
  bool explaining(Space& space, const std::string& method, std::span<const std::string> path, const Json& wish,
                  const Reply& reply);
  void explain(Open& open, const std::string& step, const Json& wish, const Reply& reply);
  void ascend(Open& open, const std::string& step, const Json& wish, const Reply& reply);
  void ascend_on(Space& space, const std::string& id, std::int64_t steps, const Reply& reply);
  Json curve(Open& open, const std::map<std::string, std::string>& query);
  static Json data(Space& space);
  // Reads the file beside all other work, and keeps it if it can be learned from.
  void upload(Space& space, const std::string& name, const std::string& bytes, const Reply& reply);
  static Json uploaded(Space& space, const std::string& name);
  static Json remove_upload(Space& space, const std::string& name);
  Json remove_run(Space& space, const std::string& id);
  static Json storage(const Space& space);
  static std::string notebook(const Space& space);
  static std::string note(Space& space, const Json& wish);
  void save_archive(const Space& space, const std::string& id, bool alone, const Reply& reply);
  void open_archive(const Request& request, const Reply& reply);
  void take_in(Unpacked& unpacked, const Grant& by, const Reply& reply);
  static std::string location_of(const Space& space, const std::string& data);
  Open& open(Space& space, const std::string& id);
  Open& admit(Space& space, Run run, std::shared_ptr<const Dataset> data);
  void add_branches(Open& parent, const std::vector<Run>& all);  // those among them that it does not know yet
  void make_room(Space& space);
  bool close_idle(Space* only);

  // The class (class.cpp).
  Json link(Space& space, const Json& wish);
  Json class_rows();
  Json class_row(Space& space, const Student& student);
  std::string class_answers();
  void count_folders();
  void note_closing(Open& run);

  // What changes runs (command.cpp): the run whose STATE answers, or null where the answer comes later.
  Open& create(Space& space, const Json& wish);
  Open* command(Space& space, const std::string& id, const Json& wish, const Reply& reply);
  void branch(Open& open, const Json& wish, const Reply& reply, const Edits& edits = {});
  Open* edit(Open& open, const Json& wish, const Reply& reply);
  void play(Open& open, const Json& wish);

  Keys& keys_;
  Program program_;
  ThreadPool& pool_;
  std::string started_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;

  // The worker's own.
  std::map<std::string, Space> spaces_;  // by slug
  std::map<ClientId, Client> clients_;
  std::uint64_t touches_ = 0;
  double turn_ = 0;  // time that the space that had the least had at the last turn
  DataCache data_;
  std::map<std::string, Load> loads_;     // by the request, as text
  std::map<std::int64_t, Aside> asides_;  // in the order they were begun
  std::int64_t asides_begun_ = 0;
  std::thread thread_;
};

}  // namespace limn::lab
