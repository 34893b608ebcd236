// Whose turn it is: runs that play have equal shares of the time, however long their steps are, and what somebody waits
// for has as much as all of them together. A turn lasts a few milliseconds, or one step. All of this runs on the hub's
// own thread. It must not know clients.
#include <algorithm>

#include "lab/hub.hpp"

namespace limn::lab {
namespace {

constexpr double kTurnSeconds = 0.005;

}  // namespace

bool Hub::take_turn(Clock::time_point& next) {
  const auto begin = Clock::now();
  Open* first = nullptr;
  double* used = nullptr;  // by the one who had the least, the first
  enum { kPlays, kGoes, kReads } what = kPlays;
  int playing = 0;
  const auto consider = [&](Open& run, double& its, decltype(what) does) {
    its = std::max(its, turn_);  // who had nothing to do for a while cannot make up for it
    if (!used || its < *used) first = &run, used = &its, what = does;
  };
  for (const auto& [id, run] : open_) {
    if (!run->reader.is_idle()) consider(*run, run->reader.used, kReads);
    if (run->goal >= 0) {
      consider(*run, run->used, kGoes);
    } else if (run->playing && run->play->runs.front() == run.get()) {  // it stands for those that play with it
      Play& play = *run->play;
      if (play.speed > 0 && play.due > begin && play.level()) {
        next = std::min(next, play.due);
      } else {
        consider(*run, play.used, kPlays);
        ++playing;
      }
    }
  }
  if (!first) return false;
  turn_ = *used;
  const auto play = first->play;  // it may end
  if (what == kPlays) limn::lab::play(play, kTurnSeconds);
  if (what == kGoes) go_on(*first, kTurnSeconds);
  if (what == kReads) first->reader.go_on(kTurnSeconds);
  *used += std::chrono::duration<double>(Clock::now() - begin).count() / (what == kPlays ? 1 : std::max(1, playing));
  if (what == kGoes && first->goal < 0) answer_waiting(*first);
  return true;
}

}  // namespace limn::lab
