// Activations in float64 against closed forms written here, also where a careless form overflows.
#include "nn/activation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "nn/run.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

using testing::expect_near;
using testing::Numbers;
using testing::run;

TEST(Activations, AreTheirClosedFormsWithTheirSlopes) {
  struct Row {
    const char* name;
    double (*value)(double);
    double (*slope)(double);
  };
  const Row rows[] = {
      {"linear", [](double z) { return z; }, [](double) { return 1.0; }},
      {"sigmoid", [](double z) { return 1 / (1 + std::exp(-z)); },
       [](double z) { return 1 / (2 + std::exp(z) + std::exp(-z)); }},
      {"tanh", [](double z) { return std::tanh(z); }, [](double z) { return 1 / (std::cosh(z) * std::cosh(z)); }},
      {"relu", [](double z) { return z > 0 ? z : 0.0; }, [](double z) { return z > 0 ? 1.0 : 0.0; }},
      {"gelu", [](double z) { return z * 0.5 * std::erfc(-z / std::sqrt(2)); },
       [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2)) + z * std::exp(-z * z / 2) / std::sqrt(2 * M_PI); }},
      {"leaky_relu", [](double z) { return z > 0 ? z : 0.01 * z; }, [](double z) { return z > 0 ? 1 : 0.01; }},
      {"elu", [](double z) { return z > 0 ? z : std::exp(z) - 1; }, [](double z) { return z > 0 ? 1 : std::exp(z); }},
      {"selu", [](double z) { return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * (std::exp(z) - 1)); },
       [](double z) { return 1.0507009873554805 * (z > 0 ? 1 : 1.6732632423543772 * std::exp(z)); }},
      {"softplus", [](double z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); },
       [](double z) { return 1 / (1 + std::exp(-z)); }},
      {"swish", [](double z) { return z / (1 + std::exp(-z)); },
       [](double z) { return (1 + std::exp(-z) * (1 + z)) / ((1 + std::exp(-z)) * (1 + std::exp(-z))); }},
  };
  const Numbers z{-30, -3, -1, -0.1, 0, 0.1, 1, 3, 30};
  for (const Row& row : rows) {
    EXPECT_TRUE(is_activation(row.name));
    Numbers value, slope;
    for (const double at : z) value.push_back(row.value(at)), slope.push_back(row.slope(at));
    const auto y = run({{3, 3}}, {z}, [&](auto& v) { return activate(row.name, v[0]); });
    expect_near(y[0], value, 1e-15, row.name);
    expect_near(y[1], slope, 1e-14, row.name);
  }
  EXPECT_EQ(std::size(rows) + 1, static_cast<std::size_t>(std::ranges::count(activation_names(), ',') + 1))
      << "softmax has tests of its own";
}

TEST(Activations, AreFiniteWithTheirSlopesWhereTheirPartsOverflow) {
  for (const char* name : {"elu", "selu", "swish", "softplus", "leaky_relu"})
    for (const double at : {800.0, -800.0}) {
      const auto y = run({{1, 1}}, {{at}}, [&](auto& v) { return activate(name, v[0]); });
      EXPECT_TRUE(std::isfinite(y[0][0]) && std::isfinite(y[1][0])) << name << " at " << at;
    }
}

TEST(Activations, AreListedWhereOneIsUnknown) {
  EXPECT_TRUE(is_activation("softmax"));
  EXPECT_FALSE(is_activation("Relu"));
  Graph graph;
  try {
    activate("mish", input(graph, "x", {2, 2}));
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("mish"), std::string::npos);
    for (const char* name : {"linear", "leaky_relu", "swish", "softmax"})
      EXPECT_NE(error.hint().find(name), std::string::npos) << error.hint();
  }
}

TEST(Softmax, IsTheSameForAnyShiftAndNeverOverflows) {
  const double e = std::exp(1.0);
  const Numbers plain{1 / (1 + e + e * e), e / (1 + e + e * e), e * e / (1 + e + e * e)};
  for (const double shift : {0.0, 1e4, -1e4, 1e300}) {
    const Numbers z = shift == 1e300 ? Numbers{-1e300, 0, 1e300} : Numbers{shift, shift + 1, shift + 2};
    const auto y = run({{1, 3}}, {z}, [](auto& v) { return softmax(v[0]); });
    const auto log_y = run({{1, 3}}, {z}, [](auto& v) { return log_softmax(v[0]); });
    expect_near(y[0], shift == 1e300 ? Numbers{0, 0, 1} : plain, 1e-12, "softmax");
    expect_near(y[1], {0, 0, 0}, 1e-12, "gradient of a sum that is always 1");
    for (std::size_t i = 0; i < 3; ++i) {
      if (shift == 1e300)
        EXPECT_EQ(log_y[0][i], i == 2 ? 0 : z[i] - 1e300);
      else
        EXPECT_NEAR(log_y[0][i], std::log(plain[i]), 1e-12) << "shift " << shift;
    }
  }
}

TEST(Softmax, NormalisesEachRowApart) {
  Random random(5, "rows");
  const auto z = testing::random_numbers(random, 12, -4, 4);
  const auto y = run({{3, 4}}, {z}, [](auto& v) { return softmax(v[0]); })[0];
  for (int row = 0; row < 3; ++row) {
    double total = 0;
    for (int k = 0; k < 4; ++k) total += std::exp(z[row * 4 + k]);
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(y[row * 4 + k], std::exp(z[row * 4 + k]) / total, 1e-15);
  }
}

}  // namespace
}  // namespace limn
