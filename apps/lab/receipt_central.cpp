// Derivatives the other way: the loss at either side of a number, in float64 through the interpreter, over twice the
// distance. It must not know how the engine differentiates.
#include <algorithm>
#include <cmath>

#include "autodiff/autodiff.hpp"
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

constexpr double kApart = 1e-3;     // relative: more is no agreement
constexpr double kFar = 10;         // times as much
constexpr double kSmallest = 1e-8;  // a difference of losses around 1 knows no more of a derivative
constexpr double kFiner = 0x1p-29;  // float64's unit in the last place over float32's

// The derivative of the rows' losses in float64 from the weights on; how far float32 may be from it, rounding all the
// way from there; and how far float64 the difference over h: each of its two losses is rounded, and 2h divides both.
struct Derived {
  double value = 0, rounding = 0, noise = 0;
};
Derived derived(Twin& twin, NodeId derivative, std::size_t at, double h) {
  const Value loss = sum(twin.value_of("loss"));
  return {twin.run->value(derivative)[at], twin.run->rounding(derivative)[at],
          kFiner * twin.run->rounding(loss.id())[0] / h};
}

// At a kink the two sides differ, and the engine's number is one of them or lies between; not so where many kinks meet,
// as in a layer normalisation of equal numbers, but there they differ by far.
bool is_kink(const Difference& d, double value) {
  const auto [low, high] = std::minmax(d.left, d.right);
  const double slack = kApart * std::max({std::abs(low), std::abs(high), kSmallest});
  return high - low > kFar * slack || (high - low > slack && value >= low - slack && value <= high + slack);
}

double relative(double a, double b) { return std::abs(a - b) / std::max({std::abs(a), std::abs(b), kSmallest}); }

// Each part of the way from the difference to the engine's number is what rounding may make of it. The receipt's bound
// is only of what is rounded last, while its total is made of numbers that all layers before have rounded, as p - t of
// a p near t is. One bound of the whole way would grow with every layer, and allow a wrong number.
bool is_rounding(const Difference& d, const Derived& exact, const Claim& claim) {
  const bool same = relative(d.value, exact.value) < kApart || std::abs(d.value - exact.value) <= exact.noise;
  return same && std::abs(exact.value - claim.total) <= exact.rounding &&
         std::abs(claim.total - claim.value) <= claim.bound;
}

// `exact`: asked only where it decides, for it takes longer than the difference.
nlohmann::json answer(const Difference& d, const Claim& claim, const std::function<Derived()>& exact) {
  const double apart = relative(d.value, claim.value);
  const char* verdict = apart < kApart                   ? "agrees"
                        : is_kink(d, claim.value)        ? "kink"
                        : is_rounding(d, exact(), claim) ? "rounding"
                                                         : "differs";
  return {{"value", d.value}, {"relative", apart}, {"h", d.h},
          {"left", d.left},   {"right", d.right},  {"verdict", verdict}};
}

}  // namespace

nlohmann::json central_of_delta(const Rows& rows, const Name& n, const Claim& claim) {
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
  return answer(difference(loss, h), claim, [&] {
    Twin blamed(rows, batch_of(rows, rows.asked()), true);
    return derived(blamed, blamed.node(fmt::format("layer{}.delta", n.layer)), at, h);
  });
}

nlohmann::json central_of_gradient(const Rows& rows, const Name& n, const Claim& claim) {
  if (static_cast<std::int64_t>(rows.count()) * rows.session().parameters() > kMostProducts) return nullptr;
  std::string name = fmt::format("layer{}.{}", n.layer, n.tensor.substr(1));
  for (std::size_t i = 0; i < n.index.size(); ++i) name += fmt::format("{}{}", i == 0 ? "[" : ",", n.index[i]);
  const auto place = static_cast<std::size_t>(place_of(rows.session(), name + "]").index);
  const double weight = rows.weight_sum();
  const std::size_t batches = rows.batches().size();
  const auto begin = [&](Twin& twin, NodeId theta) {
    Numbers base = twin.run->value(theta);
    if (!rows.session().given().at("alive").empty()) {  // the derivative is by the number that is computed with
      const NodeId alive = twin.fn.find_input("alive");
      Numbers mask = twin.run->value(alive);
      if (mask[place] == 0) mask[place] = 1, base[place] = 0;
      twin.run->give(alive, mask);
      twin.run->give(theta, base);
    }
    return base;
  };
  Difference sum;
  double sizes = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    Twin twin(rows, batch, false);
    const NodeId theta = twin.fn.find_input("theta");
    Numbers base = begin(twin, theta);
    const double x = base[place];
    const auto loss = [&](double moved) {
      base[place] = x + moved;
      twin.run->give(theta, base);
      return twin.loss();
    };
    const Difference part = difference(loss, reach(x));
    sum.h = part.h, sum.value += part.value / weight, sum.left += part.left / weight, sum.right += part.right / weight;
    sizes += std::abs(part.value) / weight;
  }
  return answer(sum, claim, [&] {
    Derived all{.rounding = (units_of_sum(static_cast<double>(batches)) + 1) * kUnit * sizes};  // of the parts' sum
    for (std::size_t batch = 0; batch < batches; ++batch) {
      Twin twin(rows, batch, false);
      const NodeId theta = twin.fn.find_input("theta");
      begin(twin, theta);
      const Value slope = grad(limn::sum(twin.value_of("loss")), Value(twin.fn.graph, theta));
      const Derived part = derived(twin, slope.id(), place, sum.h);
      all.value += part.value / weight, all.rounding += part.rounding / weight, all.noise += part.noise / weight;
    }
    return all;
  });
}

}  // namespace limn::lab
