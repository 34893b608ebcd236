// What the layers of a network take while it is built: their parameters and statistics, one view after another.
#pragma once
#include "nn/architecture.hpp"
#include "nn/norm.hpp"

namespace limn {

// Takes the views of a flat vector one after another.
class Views {
 public:
  Views(const Parameters& parameters, Value flat) : parameters_(parameters), flat_(flat) {}
  Value next() {
    const Parameter& p = parameters_.list[at_++];
    return reshape(slice(flat_, 0, p.offset, p.offset + p.shape.size()), p.shape);
  }

 private:
  const Parameters& parameters_;
  Value flat_;
  std::size_t at_ = 0;
};

class Builder {
 public:
  Builder(const Network& network, Value theta, Value statistics, bool training)
      : parameters_(network.parameters(), theta),
        running_(network.statistics(), statistics),
        statistics_(statistics),
        is_training_(training) {}

  bool is_training() const { return is_training_; }
  Value next() { return parameters_.next(); }
  Value batch_norm(Value x, Value gamma, Value beta) {
    const Value mean = running_.next(), variance = running_.next();
    const BatchNorm norm = limn::batch_norm(x, gamma, beta, mean, variance, is_training_);
    next_.insert(next_.end(), {norm.mean, norm.variance});
    if (is_training_) of_batch.insert(of_batch.end(), {norm.own_mean, norm.own_variance});
    return norm.y;
  }
  Value statistics() const { return is_training_ && !next_.empty() ? concat(next_, 0) : statistics_; }

  std::vector<Value> of_batch;

 private:
  Views parameters_, running_;
  Value statistics_;
  std::vector<Value> next_;
  bool is_training_;
};

}  // namespace limn
