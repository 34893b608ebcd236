// What is asked about pictures and a network as it stood at a step, answered bit by bit in turns, so that nobody is
// held up: docs/protocol.md has the shapes. It must not know how a run gets to a step.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>

#include "explain/maximise.hpp"

namespace limn::lab {

// Weights copied where the session stands. Error: as FrozenNetwork, or they are too many to be kept beside a training.
std::shared_ptr<const FrozenNetwork> freeze(Session& there, const std::shared_ptr<const Dataset>& data,
                                            ThreadPool& pool);

class Explaining {
 public:
  explicit Explaining(const nlohmann::json& wish);  // Error: no such method

  const std::string& method() const { return method_; }
  bool has_begun() const { return go_on_ != nullptr; }
  // Error: the network has no such picture, class, layer or channel.
  void begin(Session& there, const std::shared_ptr<const Dataset>& data, ThreadPool& pool);
  bool go_on() { return go_on_(); }                    // false: the answer is there
  nlohmann::json answer() const { return answer_(); }  // EXPLANATION

 private:
  void begin_rows(Session& there);
  void begin_picture(Session& there);

  nlohmann::json wish_;
  std::string method_;
  std::shared_ptr<const FrozenNetwork> net_;
  std::function<bool()> go_on_;
  std::function<nlohmann::json()> answer_;
};

// Activation maximisation: made of a wish, and a step at a time.
struct Ascent {
  std::string run;
  std::int64_t step = 0;  // of the run
  nlohmann::json wish;
  std::shared_ptr<Maximiser> maximiser = nullptr;  // null: the network is not there yet

  // Error: no such target, or a setting out of range.
  void begin(Session& there, const std::shared_ptr<const Dataset>& data, ThreadPool& pool);
  nlohmann::json json(const std::string& id, const std::vector<float>& values) const;  // ASCENT
};
inline constexpr std::size_t kMostAscents = 4;  // of a space: the one begun first is given up for a fifth

}  // namespace limn::lab
