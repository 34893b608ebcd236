// The engine's own update in float64, traced for one number of a run alone. For receipt_update.cpp.
#pragma once
#include "lab/receipt_slip.hpp"
#include "rule/rule.hpp"
#include "train/update.hpp"

namespace limn::lab {

// The update of those parameters alone that have a part in one of them: itself, or all that enters its unit.
class UpdateTwin {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  UpdateTwin(const Scene& scene, const std::string& parameter);
  UpdateTwin(const UpdateTwin&) = delete;
  UpdateTwin& operator=(const UpdateTwin&) = delete;

  // The moments as the engine has them now, all but one: what is made of them is made of the engine's numbers.
  // Where a parameter is held they are not left, and stay what the rule makes.
  void give_moments(std::size_t but = kNone);
  double value(Value v) { return element(run->value(v.id())); }
  double rounding(Value v) { return element(run->rounding(v.id())); }
  const Rule& rule() const { return rule_; }
  std::string moment_name(std::size_t i) const {
    const Moment& m = rule_.moments[i];
    return m.is_scalar ? std::string(m.name) : fmt::format("{}/{}", m.name, name_);
  }
  // What `of` is made of, the weight itself apart: inputs, and moments that were given (all `but` one).
  std::vector<Given> made_of(Value of, std::size_t but = kNone);
  double squares() const { return squares_; }  // of the gradient's length, where it is clipped; else 0
  double scale() const;                        // of the learning rate

  Fn fn;
  Explained explained;
  Value used;
  std::size_t at = 0;
  std::optional<Interpreter> run;

 private:
  double element(const Numbers& numbers) const { return numbers.size() == 1 ? numbers[0] : numbers[at]; }
  Numbers taken(std::span<const float> flat, bool is_scalar) const;
  void give();

  const Scene& scene_;
  const Rule& rule_;
  Place place_;
  std::string name_;
  std::vector<std::int64_t> taken_;
  double squares_ = 0;
};

}  // namespace limn::lab
