// A plane through the space of a network's parameters, and the loss over it as pictures show it. It must not know runs
// or steps. The projections of trails: Li et al., Visualizing the Loss Landscape of Neural Nets, 2018, section 7.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "train/network_objective.hpp"

namespace limn {

// Through three points of R^n, with the first as its origin and the second on its x axis; y of the third is positive.
class Plane {
 public:
  // Gram-Schmidt in float64. Error: two of the points are one, or all lie on a line, but for rounding.
  Plane(std::span<const float> origin, std::span<const float> a, std::span<const float> b);

  struct Place {
    double x = 0, y = 0, distance = 0;  // the foot of the perpendicular, and its length
  };
  Place place_of(std::span<const float> theta) const;
  void at(double x, double y, std::span<float> theta) const;  // rounded to float32
  const std::vector<double>& e1() const { return e1_; }       // [n], both of length 1
  const std::vector<double>& e2() const { return e2_; }

 private:
  std::vector<double> origin_, e1_, e2_;  // [n]
};

// The mean loss of training rows + weight_decay/2 |weights|^2, of so many rows that many evaluations take about a
// second: all of them, or every so many-th.
class PlaneLoss {
 public:
  // Error: the settings draw random numbers or have an l1 (check_smooth), or `evaluations` of few rows take too long.
  PlaneLoss(ModelSpec model, const Settings& settings, const std::shared_ptr<const Dataset>& data, std::uint64_t seed,
            ThreadPool& pool, std::int64_t evaluations);
  std::int64_t rows() const { return static_cast<std::int64_t>(rows_.size()); }
  double value(std::span<const float> theta) { return objective_.value(theta); }
  void gradient(std::span<const float> theta, std::span<float> to) { objective_.value_and_gradient(theta, to); }

 private:
  ModelSpec model_;
  AlignedFloats statistics_;  // that a batch has of its own
  NetworkObjective objective_;
  std::vector<std::int32_t> rows_;
};

}  // namespace limn
