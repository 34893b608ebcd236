#include "lab/reader.hpp"

#include <chrono>
#include <new>

#include "base/error.hpp"

namespace limn::lab {
namespace {

void copy_state(Training& from, Training& to) {
  std::vector<Tensor> tensors;
  for (const TensorView& view : from.state()) tensors.push_back(copy_of(view));
  to.change(from.settings());
  to.restore(tensors, from.cursor());
}

}  // namespace

bool Reader::travel(Errand& errand) {
  if (!there_) there_ = live_.another();
  if (live_.interventions() != interventions_) at_ = before_at_ = -1;  // perhaps at the very step it stands at
  interventions_ = live_.interventions();
  const bool begins = errand.step == live_.run().start();
  const bool steps = errand.want != Errand::Want::kState && !begins;
  const bool looks_back = errand.want == Errand::Want::kBefore && !begins;
  if (at_ == errand.step && (stepped_ || !steps) && (!looks_back || before_at_ == errand.step - 1)) return false;
  const std::int64_t to = steps ? errand.step - 1 : errand.step;
  if (at_ < 0 || at_ > to || (!errand.begun && at_ < live_.nearest(to))) {
    errand.begun = true;
    at_ = -1;  // unless all goes well
    live_.restore(*there_, to);
    at_ = there_->cursor().step, stepped_ = false;
    return true;
  }
  errand.begun = true;
  if (looks_back && at_ == to) {
    if (!before_) before_ = live_.another();
    before_at_ = -1;
    copy_state(*there_, *before_);
    before_at_ = to;
  }
  there_->keep_before(at_ + 1 == errand.step);
  at_ = -1;
  live_.repeat(*there_);
  at_ = there_->cursor().step, stepped_ = true;
  return true;
}

void Reader::go_on(double seconds) {
  const auto begin = std::chrono::steady_clock::now();
  while (!errands_.empty() &&
         std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() < seconds) {
    Errand& errand = errands_.front();
    try {
      if (travel(errand)) continue;
      const bool looks_back = errand.want == Errand::Want::kBefore && before_at_ >= 0 && before_at_ == errand.step - 1;
      if (!errand.arrived(*there_, looks_back ? before_.get() : nullptr)) continue;
      if (errand.disturbs) at_ = before_at_ = -1;
      if (there_->settings().optimizer != live_.training().settings().optimizer) there_.reset();  // it began a branch
    } catch (const Error& error) {
      errand.failed(error);
    } catch (const std::bad_alloc&) {
      errand.failed(Error("there is not enough memory", "close other runs", Fault::kFailure));
    }
    errands_.pop_front();
  }
}

void Reader::give_up(const Error& because) {
  for (const Errand& errand : errands_) errand.failed(because);
  errands_.clear();
}

}  // namespace limn::lab
