// What the tests of nn/ share: runs a function of some inputs in float64, with the gradient of its sum.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "autodiff/autodiff.hpp"
#include "exec/interpreter.hpp"

namespace limn::testing {

using Numbers = std::vector<double>;

// The values of build(inputs) and the gradient of their sum by the first input. `last` is the type of the last input.
inline std::vector<Numbers> run(const std::vector<Shape>& shapes, const std::vector<Numbers>& inputs,
                                const std::function<Value(const std::vector<Value>&)>& build, DType last = DType::kReal,
                                RunPoint point = {}) {
  const Fn fn = trace([&](Fn& f) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < shapes.size(); ++i)
      values.push_back(input(f.graph, "x", shapes[i], i + 1 == shapes.size() && i > 0 ? last : DType::kReal));
    const Value y = build(values);
    f.output("y", y);
    f.output("dx", grad(sum(y), values[0]));
  });
  return interpret(fn, inputs, point);
}

inline void expect_near(const Numbers& ours, const Numbers& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(ours.size(), expected.size()) << what;
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_LE(std::abs(ours[i] - expected[i]), tolerance * std::max(1.0, std::abs(expected[i])))
        << what << ", element " << i << ": " << ours[i];
}

}  // namespace limn::testing
