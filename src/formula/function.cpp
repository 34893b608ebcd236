#include "formula/function.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "autodiff/autodiff.hpp"
#include "exec/replay.hpp"

namespace limn {
namespace {

constexpr std::int64_t kPointsAtOnce = 64;

std::vector<bool> ancestors(const Graph& graph, NodeId of) {
  std::vector<bool> wanted(static_cast<std::size_t>(of) + 1, false);
  wanted[static_cast<std::size_t>(of)] = true;
  for (NodeId id = of; id >= 0; --id)
    if (wanted[static_cast<std::size_t>(id)])
      for (const NodeId in : graph[id].in) wanted[static_cast<std::size_t>(in)] = true;
  return wanted;
}

}  // namespace

struct FunctionObjective::Graphs {
  FunctionGraph function;
  std::int64_t n, m = 0;
  NodeId gradient = kNoNode, v = kNoNode, hessian = kNoNode, gauss_newton = kNoNode;
  std::optional<Replay> first, second, gauss, many;  // value, gradient and residuals; products; values of many points
  std::vector<double> unit, block;

  explicit Graphs(FunctionGraph f) : function(std::move(f)), n(graph()[function.x].shape.size()) {
    LIMN_CHECK(graph()[function.x].shape.rank() == 1 && graph()[function.value].shape == Shape{});
    gradient = grad(value(function.value), value(function.x)).id();
    std::vector<NodeId> goals{function.value, gradient};
    if (function.residuals != kNoNode)
      goals.push_back(function.residuals), m = graph()[function.residuals].shape.size();
    first.emplace(function.fn, std::array{function.x}, function.data, goals);
  }

  Graph& graph() { return function.fn.graph; }
  Value value(NodeId id) { return {graph(), id}; }
  NodeId direction() {
    if (v == kNoNode) v = input(graph(), "v", {n}).id();
    return v;
  }
  NodeId hessian_product() {
    if (hessian != kNoNode) return hessian;
    const Value g = value(gradient), x = value(function.x), along = value(direction());
    return hessian = jvp(std::span(&g, 1), std::span(&x, 1), std::span(&along, 1))[0].id();
  }
  Replay& second_order() {
    if (!second) {
      const NodeId product = hessian_product();
      second.emplace(function.fn, std::array{function.x, v}, function.data, std::array{product});
    }
    return *second;
  }
  Replay& of_residuals() {
    if (!gauss) {
      LIMN_CHECK(m > 0, "a function that is no sum of squares was asked for its Gauss-Newton matrix");
      const Value r = value(function.residuals), x = value(function.x), along = value(direction());
      const Value moved = jvp(std::span(&r, 1), std::span(&x, 1), std::span(&along, 1))[0] * 2.0;
      gauss_newton = vjp(std::span(&r, 1), std::span(&moved, 1), std::span(&x, 1))[0].id();
      gauss.emplace(function.fn, std::array{function.x, v}, function.data, std::array{gauss_newton});
    }
    return *gauss;
  }

  static void times(Replay& replay, std::span<const double> x, std::span<const double> v, std::span<double> product) {
    replay.set(0, x);
    replay.set(1, v);
    std::ranges::copy(replay.goal(0), product.begin());
  }
  // Column after column; what depends on x alone is computed once.
  void columns(Replay& replay, std::span<const double> x, std::span<double> matrix) {
    const auto size = static_cast<std::size_t>(n);
    LIMN_CHECK(matrix.size() == size * size);
    unit.assign(size, 0);
    for (std::size_t j = 0; j < size; ++j) {
      unit[j] = 1;
      times(replay, x, unit, matrix.subspan(j * size, size));
      unit[j] = 0;
    }
    for (std::size_t i = 0; i < size; ++i)  // exactly symmetric: rounding differs between the two orders
      for (std::size_t j = 0; j < i; ++j)
        matrix[i * size + j] = matrix[j * size + i] = (matrix[i * size + j] + matrix[j * size + i]) / 2;
  }
};

FunctionObjective::FunctionObjective(FunctionGraph function) : graphs_(std::make_unique<Graphs>(std::move(function))) {}
FunctionObjective::~FunctionObjective() = default;

std::int64_t FunctionObjective::dimension() const { return graphs_->n; }
bool FunctionObjective::has_gauss_newton() const { return graphs_->m > 0; }
std::int64_t FunctionObjective::residual_count() const { return graphs_->m; }

double FunctionObjective::value(std::span<const double> x) {
  graphs_->first->set(0, x);
  return graphs_->first->goal(0)[0];
}

double FunctionObjective::value_and_gradient(std::span<const double> x, std::span<double> gradient) {
  graphs_->first->set(0, x);
  std::ranges::copy(graphs_->first->goal(1), gradient.begin());
  return graphs_->first->goal(0)[0];
}

void FunctionObjective::residuals(std::span<const double> x, std::span<double> residuals) {
  LIMN_CHECK(graphs_->m > 0 && static_cast<std::int64_t>(residuals.size()) == graphs_->m);
  graphs_->first->set(0, x);
  std::ranges::copy(graphs_->first->goal(2), residuals.begin());
}

void FunctionObjective::hessian_times(std::span<const double> x, std::span<const double> v, std::span<double> product) {
  Graphs::times(graphs_->second_order(), x, v, product);
}
void FunctionObjective::gauss_newton_times(std::span<const double> x, std::span<const double> v,
                                           std::span<double> product) {
  Graphs::times(graphs_->of_residuals(), x, v, product);
}
void FunctionObjective::hessian(std::span<const double> x, std::span<double> matrix) {
  graphs_->columns(graphs_->second_order(), x, matrix);
}
void FunctionObjective::gauss_newton(std::span<const double> x, std::span<double> matrix) {
  graphs_->columns(graphs_->of_residuals(), x, matrix);
}

// The Hessian must not read x. Since jumps and kinks have the derivative 0, none may be on the way to the gradient.
bool FunctionObjective::is_quadratic() const {
  Graphs& graphs = *graphs_;
  const NodeId product = graphs.hessian_product(), x = graphs.function.x;
  const Graph& graph = graphs.graph();
  if (ancestors(graph, product)[static_cast<std::size_t>(x)]) return false;
  const auto before = ancestors(graph, graphs.gradient);
  std::vector<bool> moves(before.size(), false);
  moves[static_cast<std::size_t>(x)] = true;
  for (NodeId id = 0; id <= graphs.gradient; ++id) {
    const bool reads =
        std::ranges::any_of(graph[id].in, [&](NodeId in) { return moves[static_cast<std::size_t>(in)]; });
    if (!reads) continue;
    moves[static_cast<std::size_t>(id)] = true;
    const OpClass klass = info(graph[id].op).klass;
    if (before[static_cast<std::size_t>(id)] && (klass == OpClass::kOpaque || klass == OpClass::kChoosing))
      return false;
  }
  return true;
}

void FunctionObjective::values(std::span<const double> points, std::span<double> values) {
  Graphs& graphs = *graphs_;
  const auto n = static_cast<std::size_t>(graphs.n), at_once = static_cast<std::size_t>(kPointsAtOnce);
  LIMN_CHECK(points.size() == values.size() * n);
  if (values.size() < at_once || n > 16) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(points.subspan(i * n, n));
    return;
  }
  if (!graphs.many)
    graphs.many.emplace(graphs.function.fn, std::array{graphs.function.x}, graphs.function.data,
                        std::array{graphs.function.value}, kPointsAtOnce);
  for (std::size_t i = 0; i < values.size(); i += at_once) {
    const std::size_t from = std::min(i, values.size() - at_once);  // the last block overlaps the one before
    graphs.many->set(0, points.subspan(from * n, at_once * n));
    std::ranges::copy(graphs.many->goal(0), values.begin() + static_cast<std::ptrdiff_t>(from));
  }
}

}  // namespace limn
