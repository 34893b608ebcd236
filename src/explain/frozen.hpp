// A network as it stands at one step, its weights copied: what is asked of it here holds while its training goes on.
// It must not know files, runs or programs.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exec/executable.hpp"
#include "train/evaluate.hpp"

namespace limn {

class FrozenNetwork {
 public:
  // `data`: rows as the network takes them. Error: they are no images, or a weight is not finite.
  FrozenNetwork(Session& session, Weights which, std::shared_ptr<const Dataset> data, ThreadPool& pool);

  const ModelSpec& model() const { return model_; }
  const Network& network() const { return model_.network; }
  const Settings& settings() const { return settings_; }
  const Dataset& data() const { return *data_; }
  ThreadPool& pool() const { return pool_; }
  MemoryByName memory() const;  // of theta, the statistics and what is cut

  std::int64_t height() const { return data_->sample[-2]; }
  std::int64_t width() const { return data_->sample[-1]; }
  std::int64_t channels() const { return data_->sample.rank() == 3 ? data_->sample[0] : 1; }
  // How many scores a row has: one a class (two of one output), or the number that is predicted.
  std::int64_t scores() const;
  void check_scores() const;   // Error: it reconstructs its rows, and has none
  void check_classes() const;  // Error: what it says is no class
  // [features]: a row of the data as the network is given it. Error: no such row.
  std::vector<float> picture(std::int64_t row) const;
  // [height, width, channels] of what leaves a layer, from 1, or [units]. Error: there is no such layer.
  const Shape& shape_of(int layer) const;

 private:
  ModelSpec model_;
  Settings settings_;
  std::shared_ptr<const Dataset> data_;
  AlignedFloats theta_, statistics_, alive_;
  ThreadPool& pool_;
};

// What a graph of it begins with, as an evaluation sees rows.
struct Look {
  Look(Fn& fn, const FrozenNetwork& net, std::int64_t batch, const Network::Retouch& retouch = {});
  Value x;             // [batch, features]: the input
  Activations layers;  // of every layer with parameters
  Value score, p;      // [batch, scores]: logits (of one output for two classes -z and z), and what they mean

  Value score_of(std::int64_t number) const;  // []: the sum over rows of one of them
};

// A function of rows that begins with a Look, ready to be run: its input x is written by who asks.
class Question {
 public:
  // more: memory of further inputs, by name.
  Question(const FrozenNetwork& net, const Fn& fn, const MemoryByName& more = {});
  std::span<float> x() const { return x_.span(); }  // [batch, features]
  void ask() { executable_->run(pool_, {}); }
  std::span<const float> answer(std::size_t output) const { return executable_->output(output); }

 private:
  AlignedFloats x_;
  ThreadPool& pool_;
  std::unique_ptr<Executable> executable_;
};

struct Said {
  std::vector<float> score, p;  // [scores]
  std::int64_t best = 0;        // the largest
};
Said say(const FrozenNetwork& net, std::span<const float> picture);

}  // namespace limn
