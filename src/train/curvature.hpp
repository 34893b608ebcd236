// A network's objective over all training rows at one point, as people look at it: its value, gradient and Hessian, the
// Hessian's inverse and eigenvalues. Made bit by bit, so that who waits can do something else. It must not know steps.
#pragma once
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "train/network_objective.hpp"

namespace limn {

// The settings, where they make the loss of all rows one smooth function of the parameters. Error: they draw random
// numbers or have an l1; `what` says what there is none of then.
const Settings& check_smooth(const char* what, const ModelSpec& model, const Settings& settings, const Dataset& data);
// Whether two trainings of one network on the same rows go down the same function.
bool is_one_objective(const Settings& a, const Settings& b);

class Curvature {
 public:
  static bool knows(const std::string& tensor);  // "value", "gradient", "hessian", "hessian_inverse", "eigenvalue"

  // The mean loss of the training rows + weight_decay/2 |weights|^2 at theta, which is copied. The others must outlive
  // it. Error: the settings draw random numbers or have an l1, so that there is no such function.
  Curvature(const ModelSpec& model, const Settings& settings, std::shared_ptr<const Dataset> data, std::uint64_t seed,
            ThreadPool& pool, std::span<const float> theta, std::span<float> statistics);
  bool is_of(const Settings& settings, std::span<const float> theta) const;
  std::size_t bytes() const { return sizeof(double) * (hessian_.capacity() + inverse_.capacity()); }  // of matrices

  // One product with the Hessian, or a millisecond of waiting for the eigenvalues. True: at() has the tensor.
  // Error: more parameters than a matrix is made of, 2,000, or 400 for its inverse.
  bool go_on(const std::string& tensor);
  double at(const std::string& name);  // "hessian[3,4]", all that is missing is made first. Error: no such index

 private:
  void first_order();
  bool make_hessian();
  bool make_eigenvalues();

  Settings settings_;
  std::shared_ptr<const Dataset> data_;
  AlignedFloats theta_;
  std::size_t n_;
  NetworkObjective objective_;
  double value_ = 0;
  std::vector<float> gradient_;                          // [n]
  std::vector<double> hessian_, inverse_, eigenvalues_;  // [n, n] symmetric, [n, n], [n]
  std::size_t columns_ = 0;                              // of the Hessian that are made
  bool is_whole_ = false;                                // all, and the two triangles are one
  std::future<std::vector<double>> solving_;
};

}  // namespace limn
