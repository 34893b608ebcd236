// Derivatives the other way: the loss at either side of a number, in float64 through the interpreter, over twice the
// distance. It must not know how the engine differentiates.
#include <algorithm>
#include <cmath>

#include "lab/receipt_slip.hpp"

namespace limn::lab {
namespace {

// Half the distance where the error of the difference and that of rounding are about equal, for numbers around 1.
double reach(double x) { return 1e-5 * std::max(1.0, std::abs(x)); }

struct Difference {
  double value = 0, h = 0;
  double left = 0, right = 0;
};

// `loss` at a distance from the number as it is.
Difference difference(const std::function<double(double)>& loss, double h) {
  const double low = loss(-h), here = loss(0), high = loss(h);
  return {(high - low) / (2 * h), h, (here - low) / h, (high - here) / h};
}

constexpr double kApart = 1e-3;      // relative: more is no agreement
constexpr double kFar = 10;          // times as much
constexpr double kCancelled = 1e-8;  // what float32 leaves of derivatives around 1 that cancel out on the way
constexpr double kSmallest = 1e-8;   // a difference of losses around 1 knows no more of a derivative

// At a kink the two sides differ, and the engine's number is one of them or lies between; not so where many kinks meet,
// as in a layer normalisation of equal numbers, but there they differ by far.
bool is_kink(const Difference& d, double value) {
  const auto [low, high] = std::minmax(d.left, d.right);
  const double slack = kApart * std::max({std::abs(low), std::abs(high), kSmallest});
  return high - low > kFar * slack || (high - low > slack && value >= low - slack && value <= high + slack);
}

nlohmann::json answer(const Difference& d, double value, double bound) {
  const double apart = std::abs(d.value - value);
  const double relative = apart / std::max({std::abs(d.value), std::abs(value), kSmallest});
  const char* verdict = relative < kApart             ? "agrees"
                        : is_kink(d, value)           ? "kink"
                        : apart <= bound + kCancelled ? "rounding"
                                                      : "differs";
  return {{"value", d.value}, {"relative", relative}, {"h", d.h},
          {"left", d.left},   {"right", d.right},     {"verdict", verdict}};
}

}  // namespace

nlohmann::json central_of_delta(const Rows& rows, const Name& n, float value, double bound) {
  Twin twin(rows, batch_of(rows, rows.asked()), false);
  const NodeId z = twin.node(fmt::format("layer{}.z", n.layer));
  Numbers base = twin.run->value(z);
  const std::size_t at = twin.row(rows.asked()) * (base.size() / twin.count()) + static_cast<std::size_t>(n.at(0));
  const double x = base[at], h = reach(base[at]);
  const auto loss = [&](double moved) {
    base[at] = x + moved;
    twin.run->give(z, base);
    return twin.loss();
  };
  return answer(difference(loss, h), value, bound);
}

nlohmann::json central_of_gradient(const Rows& rows, const Name& n, float value, double bound) {
  if (static_cast<std::int64_t>(rows.count()) * rows.session().parameters() > kMostProducts) return nullptr;
  std::string name = fmt::format("layer{}.{}", n.layer, n.tensor.substr(1));
  for (std::size_t i = 0; i < n.index.size(); ++i) name += fmt::format("{}{}", i == 0 ? "[" : ",", n.index[i]);
  const auto place = static_cast<std::size_t>(place_of(rows.session(), name + "]").index);
  const double weight = rows.weight_sum();
  Difference sum;
  for (std::size_t batch = 0; batch < rows.batches().size(); ++batch) {
    Twin twin(rows, batch, false);
    const NodeId theta = twin.fn.find_input("theta");
    Numbers base = twin.run->value(theta);
    if (!rows.session().given().at("alive").empty()) {  // the derivative is by the number that is computed with
      const NodeId alive = twin.fn.find_input("alive");
      Numbers mask = twin.run->value(alive);
      if (mask[place] == 0) mask[place] = 1, base[place] = 0;
      twin.run->give(alive, mask);
    }
    const double x = base[place];
    const auto loss = [&](double moved) {
      base[place] = x + moved;
      twin.run->give(theta, base);
      return twin.loss();
    };
    const Difference part = difference(loss, reach(x));
    sum.h = part.h, sum.value += part.value / weight, sum.left += part.left / weight, sum.right += part.right / weight;
  }
  return answer(sum, value, bound);
}

}  // namespace limn::lab
