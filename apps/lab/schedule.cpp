// Whose turn it is. Spaces have equal shares of the time, and within one its runs that play, however long their steps
// are; what somebody waits for has as much as all that play together there. A turn lasts a few milliseconds, or one
// step: the more want one the less, so that nobody waits long. All of this runs on the hub's own thread. It must not
// know clients.
#include <algorithm>

#include "lab/hub.hpp"

namespace limn::lab {
namespace {

constexpr double kTurnSeconds = 0.005, kShortTurnSeconds = 0.001;
constexpr double kRoundSeconds = 0.05;  // that turns of all spaces should take together

}  // namespace

// The turn within a space, of the one that had the least there.
Hub::Turn Hub::turn_of(Space& space, Clock::time_point now, Clock::time_point& next) {
  Turn turn;
  const auto consider = [&](Open& run, double& its, decltype(turn.what) does) {
    its = std::max(its, space.turn);  // who had nothing to do for a while cannot make up for it
    if (!turn.used || its < *turn.used) turn.run = &run, turn.used = &its, turn.what = does;
  };
  for (const auto& [id, run] : space.open) {
    if (!run->reader.is_idle()) consider(*run, run->reader.used, Turn::kReads);
    if (run->goal >= 0) {
      consider(*run, run->used, Turn::kGoes);
    } else if (run->playing && run->play->runs.front() == run.get()) {  // it stands for those that play with it
      Play& play = *run->play;
      if (play.speed > 0 && play.due > now && play.level()) {
        next = std::min(next, play.due);
      } else {
        consider(*run, play.used, Turn::kPlays);
        ++turn.playing;
      }
    }
  }
  return turn;
}

bool Hub::take_turn(Clock::time_point& next) {
  const auto begin = Clock::now();
  Space* first = nullptr;
  Turn turn;
  int spaces = 0;  // that want a turn
  for (auto& [slug, space] : spaces_) {
    const Turn its = turn_of(space, begin, next);
    if (!its.run) continue;
    ++spaces;
    space.used = std::max(space.used, turn_);
    if (!first || space.used < first->used) first = &space, turn = its;
  }
  if (!first) return false;
  turn_ = first->used, first->turn = *turn.used;
  const double seconds = std::clamp(kRoundSeconds / spaces, kShortTurnSeconds, kTurnSeconds);
  const auto play = turn.run->play;  // it may end
  if (turn.what == Turn::kPlays) limn::lab::play(play, seconds);
  if (turn.what == Turn::kGoes) go_on(*turn.run, seconds);
  if (turn.what == Turn::kReads) turn.run->reader.go_on(seconds);
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  const bool waits = turn.what != Turn::kPlays;
  *turn.used += took / (waits ? std::max(1, turn.playing) : 1);
  first->used += took;
  if (turn.what != Turn::kReads) first->seconds += took;
  if (turn.what == Turn::kGoes && turn.run->goal < 0) answer_waiting(*turn.run);
  return true;
}

}  // namespace limn::lab
