// Looks at other steps of a run than the one it stands at, while it goes on: a second session that travels in turns, as
// the run itself does when it goes somewhere. It must not know what is asked of it there.
#pragma once
#include <deque>
#include <functional>
#include <memory>

#include "experiment/live.hpp"

namespace limn::lab {

struct Errand {
  enum class Want {
    kState,    // as it is after that step
    kStepped,  // with the gradients of that step
    kBefore    // and a session that stands one step earlier
  };
  std::int64_t step = 0;
  Want want = Want::kStepped;
  // Must not throw. False: it wants another turn there.
  std::function<bool(Training& there, Training* before)> arrived;
  std::function<void(const Error&)> failed;
  bool disturbs = false;  // who arrives may change settings, or compute more: the session is not what it was
  bool begun = false;     // it stands nearer than any state that is kept
};

class Reader {
 public:
  explicit Reader(LiveRun& live) : live_(live) {}

  void send(Errand errand) { errands_.push_back(std::move(errand)); }
  bool is_idle() const { return errands_.empty(); }
  void go_on(double seconds);          // for about that long; who arrives is told
  void give_up(const Error& because);  // all errands

  double used = 0;  // time it had, as turns count it

 private:
  bool travel(Errand& errand);  // one step, or a way that takes no time; false: it is there

  LiveRun& live_;
  std::deque<Errand> errands_;
  std::unique_ptr<Training> there_, before_;
  std::int64_t at_ = -1, before_at_ = -1;  // where they stand; -1: nowhere
  bool stepped_ = false;                   // the last step to there was taken here
  std::size_t interventions_ = 0;          // of the run, when it got there
};

}  // namespace limn::lab
