// Random closed functions out of a list of numbers, so that RapidCheck can shrink them: every number decides something,
// and a shorter list is a shorter function. Every operation whose result moves smoothly with its operands takes part,
// on shapes of up to three dimensions; results are kept small, so that float32 and float64 can be compared.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "graph/fn.hpp"

namespace limn::testing {

using Numbers = std::vector<std::uint32_t>;

class Choices {
 public:
  explicit Choices(const Numbers& numbers) : numbers_(numbers) {}
  std::int64_t below(std::int64_t n) { return at_ < numbers_.size() ? numbers_[at_++] % n : 0; }
  bool over() const { return at_ >= numbers_.size(); }

 private:
  const Numbers& numbers_;
  std::size_t at_ = 0;
};

class Program {
 public:
  Program(Fn& fn, const Numbers& numbers) : fn_(fn), choices_(numbers) {}

  void write() {
    for (const char* name : {"a", "b", "c"}) {
      Shape shape = drawn_shape();
      inputs_.push_back(input(fn_.graph, name, shape));
    }
    pool_ = inputs_;
    while (!choices_.over() && pool_.size() < 40) pool_.push_back(next());
    for (std::size_t i = 0, count = 1 + static_cast<std::size_t>(choices_.below(3)); i < count; ++i)
      fn_.output(fmt::format("y{}", i), i == 0 ? pool_.back() : any());
    for (const Value& in : inputs_)
      for (std::size_t i = pool_.size(); i-- > inputs_.size();)
        if (pool_[i].shape() == in.shape()) {  // the last value that fits is the input's next one
          fn_.state(in, pool_[i]);
          break;
        }
  }

 private:
  std::int64_t side() {
    constexpr std::int64_t kSides[] = {1, 2, 3, 5, 8, 17};
    return kSides[choices_.below(6)];
  }
  Shape drawn_shape() {
    switch (choices_.below(4)) {
      case 0: return {side(), side()};
      case 1: return {side()};
      case 2: return {side(), side(), side()};
      default: return {};
    }
  }
  Value any() { return pool_[static_cast<std::size_t>(choices_.below(static_cast<std::int64_t>(pool_.size())))]; }
  int axis_of(Value v) { return static_cast<int>(choices_.below(v.shape().rank())); }

  // Another value that broadcasts with `a`, else a number made of it.
  Value partner(Value a) {
    const Value b = any();
    const int rank = std::min(a.shape().rank(), b.shape().rank());
    std::int64_t size = std::max(a.size(), b.size());
    for (int i = 1; i <= rank; ++i) {
      const auto x = a.shape()[-i], y = b.shape()[-i];
      if (x != y && x != 1 && y != 1) return tanh(sum(b) * 0.1);
      if (x != y) size = a.size() * b.size();
    }
    return size <= 3000 ? b : tanh(sum(b) * 0.1);
  }

  Value next() {
    const Value a = any();
    switch (choices_.below(24)) {
      case 0: return a + partner(a);
      case 1: return a - partner(a);
      case 2: return tanh(a * partner(a));
      case 3: return divided(a, partner(a));
      case 4: return max(a, partner(a));
      case 5: return min(partner(a), a);
      case 6: return relu(a);
      case 7: return abs(a) - softplus(a);
      case 8: return sigmoid(a) * exp(-(a * a));
      case 9: return sqrt(1.0 + a * a);
      case 10: return sin(tanh(a)) + cos(erf(a));
      case 11: return log1p(a * a) + expm1(tanh(a)) + log(1.0 + a * a);
      case 12: return select(less(inputs_[0], constant(fn_.graph, 0)), fitted(a), fitted(-a));
      case 13: return sum_of(a);
      case 14: return moved(a);
      case 15: return cut(a);
      case 16: return joined(a);
      case 17: return a.shape().rank() > 0 ? a - reduce_max(a) : a;
      case 18:
      case 19: return product(a);
      case 20: return stop(a) * 0.5 + a;
      case 21: return a + uniform(fn_.graph, a.shape(), fmt::format("stream{}", choices_.below(3)));
      case 22: return a + step_number(fn_.graph) * 0.01;
      default: return a * (static_cast<double>(choices_.below(9)) - 4);
    }
  }

  static Value divided(Value a, Value b) { return a / (1.0 + b * b); }
  Value fitted(Value a) { return a.shape() == inputs_[0].shape() ? a : tanh(sum(a) * 0.1); }

  Value sum_of(Value a) {
    Shape to = a.shape();
    for (int i = 0; i < to.rank(); ++i)
      if (choices_.below(2) == 0) to = to.with(i, 1);
    const int lead = static_cast<int>(choices_.below(to.rank() + 1));
    const bool drops =
        std::ranges::all_of(to.dims().first(static_cast<std::size_t>(lead)), [](auto n) { return n == 1; });
    return tanh(sum_to(a, drops ? Shape(to.dims().subspan(static_cast<std::size_t>(lead))) : to));
  }

  Value moved(Value a) {
    const int rank = a.shape().rank();
    if (rank < 2 || choices_.below(2) == 0) return reshape(a, rank == 1 ? Shape{1, a.size()} : Shape{a.size()});
    const int first = axis_of(a);
    std::vector<std::int64_t> order;
    for (int i = 0; i < rank; ++i) order.push_back((first + i) % rank);
    if (choices_.below(2) == 0) std::swap(order.front(), order.back());
    return transpose(a, Shape(std::span<const std::int64_t>(order)));
  }

  Value cut(Value a) {
    if (a.shape().rank() == 0) return broadcast(a, {side(), side()});
    const int axis = axis_of(a);
    const std::int64_t n = a.shape()[axis], low = choices_.below(n), more = choices_.below(4);
    if (choices_.below(2) == 0) return slice(a, axis, low, low + 1 + choices_.below(n - low));
    return a.size() > 600 ? a : pad(a, axis, more, n + more + choices_.below(4));
  }

  Value joined(Value a) {
    if (a.shape().rank() == 0 || a.size() > 600) return a;
    const int axis = axis_of(a);
    std::vector<Value> parts{a, tanh(a)};
    if (choices_.below(2) == 0) parts.push_back(slice(a, axis, 0, 1));
    if (choices_.below(2) == 0) std::swap(parts.front(), parts.back());
    return concat(parts, axis);
  }

  Value product(Value a) {
    if (a.shape().rank() != 2) return a * 0.5;
    const bool first = choices_.below(2) == 0, second = choices_.below(2) == 0;
    const std::int64_t inner = a.shape()[first ? 0 : 1];
    const Value own = any();
    if (own.shape().rank() == 2 && own.shape()[second ? 1 : 0] == inner) return tanh(matmul(a, own, first, second));
    return tanh(matmul(a, a, first, !first));  // always fits
  }

  Fn& fn_;
  Choices choices_;
  std::vector<Value> inputs_, pool_;
};

inline Fn program(const Numbers& numbers) {
  return trace([&](Fn& fn) { Program(fn, numbers).write(); });
}

// Numbers for its inputs, none of them close to zero: the program asks for their signs.
inline std::vector<std::vector<double>> inputs_for(const Fn& fn, std::uint64_t seed) {
  Random random(seed, "program inputs");
  std::vector<std::vector<double>> inputs;
  for (NodeId id : fn.graph.inputs()) {
    auto& numbers = inputs.emplace_back();
    for (std::int64_t i = 0; i < fn.graph[id].shape.size(); ++i) {
      const auto size = static_cast<double>(static_cast<float>(0.05 + random.uniform()));
      numbers.push_back(random.bits() % 2 ? size : -size);
    }
  }
  return inputs;
}

}  // namespace limn::testing
