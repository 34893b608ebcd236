// A network as an objective: the mean loss of rows of a data set, and weight_decay / 2 |weights|^2, as a function of
// the flat parameters. Exact derivatives by plans, chunk after chunk of rows; sums over chunks in float64, in order. It
// must not know who minimises.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "optim/objective.hpp"
#include "train/evaluate.hpp"

namespace limn {

// The rows a plan takes at once, by sizes alone: so few that what they need stays in the second-level cache, so many
// that matrix products run well; all of them where a batch has statistics.
std::int64_t chunk_rows(const ModelSpec& model, std::int64_t rows);

// What is frozen or cut has a gradient of 0, and rows and columns of 0 in all matrices. Dropout, and how rows are
// varied, are the same wherever it is asked until the rows are set again. Bits do not depend on threads.
class NetworkObjective : public Objective<float> {
 public:
  // Of no rows yet. `statistics`: the memory of the running ones, which keep_statistics() moves alone; empty if the
  // network has none. All but the data must outlive the objective. Error: as mark() (selection.hpp).
  NetworkObjective(const ModelSpec& model, const Settings& settings, std::shared_ptr<const Dataset> data,
                   std::uint64_t seed, ThreadPool& pool, std::span<float> statistics);

  // From now on the objective is of these rows, which must stay valid; varied as this epoch does it. Chunk i draws its
  // random numbers at the point first_point + i + 1.
  void set_rows(std::span<const std::int32_t> rows, std::int64_t epoch, std::uint64_t first_point);
  std::span<const std::int32_t> rows() const { return rows_; }
  std::int64_t chunk() const { return chunk_rows(*model_, static_cast<std::int64_t>(rows_.size())); }

  std::int64_t dimension() const override { return model_->network.parameters().size; }
  double value(std::span<const float> x) override;
  double value_and_gradient(std::span<const float> x, std::span<float> gradient) override;
  bool has_hessian() const override { return true; }
  bool has_gauss_newton() const override { return true; }
  void hessian_times(std::span<const float> x, std::span<const float> v, std::span<float> product) override;
  void gauss_newton_times(std::span<const float> x, std::span<const float> v, std::span<float> product) override;

  // The part of the value that is decay; and the gradient of the mean loss alone, without it.
  double decay(std::span<const float> x) const;
  void loss_gradient(std::span<const float> x, std::span<float> gradient);
  void keep_statistics(std::span<const float> x);  // moves the running ones once, as a step of training does

  Executable& plan(Part part);  // of a whole chunk, to look at

 private:
  struct RowPlan {
    Part part;
    int group;  // who runs it
    Feed feed;
    std::unique_ptr<Executable> executable;
  };
  RowPlan& plan_for(Part part, std::int64_t size, int group);
  // Neighbouring chunks are a group, which one thread walks: adds up their losses and what is as long as theta.
  struct Group {
    double loss = 0;
    std::vector<double> sums;
  };
  void over_rows(Part part, std::span<const float> x);
  void walk(Part part, int group);
  double mean_loss(Part part, std::span<const float> x);  // leaves the sums of kGradient in the first group
  void product_of(Part part, std::span<const float> x, std::span<const float> v, std::span<float> product);
  template <class Finish>  // to[i] = finish(sum i / weight, i), or 0 for what does not learn
  void finish(std::span<float> to, Finish finish) const;

  const ModelSpec* model_;
  Settings settings_;
  std::shared_ptr<const Dataset> data_;
  std::uint64_t seed_, first_point_ = 0;
  ThreadPool& pool_;
  std::span<float> statistics_;
  std::span<const std::int32_t> rows_;
  std::int64_t epoch_ = 0;
  double weight_ = 0;  // what the rows count together
  AlignedFloats theta_, v_, alive_, learns_, class_weights_;
  std::vector<bool> is_weight_;
  std::vector<Group> groups_;
  std::vector<std::unique_ptr<RowPlan>> plans_;
  std::vector<std::unique_ptr<ThreadPool>> alone_;  // of one thread, for each group
};

}  // namespace limn
