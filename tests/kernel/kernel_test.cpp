// Every kernel on every instruction path of this CPU, over sizes with remainders and pointers without alignment,
// against float64 loops. Each row ends where nothing may be touched (paths.hpp).
#include "kernel/kernels.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/random.hpp"
#include "kernel/contraction.hpp"
#include "kernel/paths.hpp"

namespace limn {
namespace {

using testing::Guarded, testing::on_every_path;

// The meanings of graph/op.def, computed in float64. Tolerance: relative to max(1, |y|), in units of 2^-24; what costs
// little rounds once, the others may be off by a few roundings.
struct Reference {
  std::string_view name;
  int arity;
  double flops, low, high;
  double (*value)(double a, double b, double c);
  double tolerance() const { return flops <= 4 ? 1 : 6; }
};
using T = double;
const Reference kReferences[] = {
#define LIMN_OP(...)
#define LIMN_POINTWISE(symbol, name, arity, klass, flops, low, high, meaning, doc) \
  {#name, arity, flops,                                                            \
   low,   high,  [](double a, [[maybe_unused]] double b, [[maybe_unused]] double c) -> double { return meaning; }},
#include "graph/op.def"
#undef LIMN_POINTWISE
#undef LIMN_OP
};

TEST(PointwiseKernels, AgreeWithTheirMeaningInEveryVariant) {
  on_every_path([] {
    ASSERT_EQ(kernels().pointwise_count, std::size(kReferences));
    Random random(1, "pointwise");
    for (const Reference& r : kReferences) {
      const PointwiseSet& set = pointwise_kernels(r.name);
      for (int variant = 0; variant < (1 << r.arity) - 1; ++variant) {
        ASSERT_NE(set.variant[variant], nullptr) << r.name << " " << variant;
        for (std::size_t n : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 100}) {
          Guarded a(n), b(n), c(n), y(n);
          for (Guarded* g : {&a, &b, &c}) g->fill(random, r.low, r.high);
          if (r.name == "select") a[n / 2] = 0;
          set.variant[variant](a.data(), b.data(), c.data(), y.data(), n);
          for (std::size_t i = 0; i < n; ++i) {
            const double exact = r.value(a[variant & 1 ? 0 : i], b[variant & 2 ? 0 : i], c[variant & 4 ? 0 : i]);
            ASSERT_LE(std::abs(y[i] - exact), r.tolerance() * 0x1p-24 * std::max(1.0, std::abs(exact)))
                << r.name << " variant " << variant << " element " << i << " of " << n << " at " << a[i];
          }
        }
      }
    }
  });
}

TEST(PointwiseKernels, LetNaNThroughAndKeepInfinityRight) {
  on_every_path([] {
    for (const Reference& r : kReferences) {
      if (r.arity != 1) continue;
      float a = NAN, y = 0;
      pointwise_kernels(r.name).variant[0](&a, nullptr, nullptr, &y, 1);
      EXPECT_TRUE(std::isnan(y)) << r.name;
      for (const float end : {INFINITY, -INFINITY}) {
        const double exact = r.value(end, 0, 0);
        if (!std::isfinite(exact) || r.name == "sin" || r.name == "cos") continue;
        a = end;
        pointwise_kernels(r.name).variant[0](&a, nullptr, nullptr, &y, 1);
        EXPECT_NEAR(y, exact, 1e-6) << r.name << " of " << end;
      }
    }
  });
}

TEST(PointwiseKernels, OfPowersAndWholePartsAreRightAtTheEdges) {
  on_every_path([] {
    const float a[] = {-2, -2, -2, 0, 0, 0, 1, 10, 1e-20f, 3}, b[] = {3, 2, 0.5, 0, 2, -1, 1e30f, 38, 2, -INFINITY};
    float y[10];
    pointwise_kernels("pow").variant[0](a, b, nullptr, y, 10);
    for (int i = 0; i < 10; ++i) {
      const auto exact = static_cast<float>(std::pow(static_cast<double>(a[i]), static_cast<double>(b[i])));
      EXPECT_TRUE(y[i] == exact || (std::isnan(y[i]) && std::isnan(exact))) << a[i] << " to the power " << b[i];
    }
    const float x[] = {-1e30f, -2.5f, -2, -0.5f, -0.0f, 0.5f, 16777216, 3e9f, 1 - 0x1p-24f, -0x1p-126f};
    pointwise_kernels("floor").variant[0](x, nullptr, nullptr, y, 10);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(y[i], std::floor(x[i])) << x[i];
  });
}

TEST(CompiledPrograms, GiveTheBitsOfTheirOperationsOneByOne) {
  on_every_path([] {
    Random random(2, "programs");
    for (std::size_t p = 0; p < kernels().program_count; ++p) {
      const std::string text(kernels().programs[p].signature);
      const std::size_t letters = text.find(' ');
      for (std::size_t n : {1, 5, 16, 19, 64, 77}) {
        std::vector<std::vector<float>> values;
        for (std::size_t k = 0; k < letters; ++k) {
          values.emplace_back(text[k] == 'f' ? n : 1);
          for (float& v : values.back()) v = static_cast<float>(0.1 + random.uniform());
        }
        const auto inputs = values;
        std::vector<std::vector<float>> expected(8), given(8, std::vector<float>(n));
        std::size_t stores = 0;
        for (std::size_t at = letters; at < text.size();) {
          const std::size_t open = text.find('(', at), close = text.find(')', at);
          const std::string name = text.substr(at + 1, open - at - 1);
          std::vector<std::vector<float>> in;
          for (std::size_t i = open; i < close; i = text.find_first_of(",)", i + 1)) {
            const auto& source = values[std::stoul(text.substr(i + 1))];
            in.push_back(source.size() == 1 ? std::vector<float>(n, source[0]) : source);
          }
          in.resize(3, in[0]);
          values.emplace_back(n);
          pointwise_kernels(name).variant[0](in[0].data(), in[1].data(), in[2].data(), values.back().data(), n);
          at = close + 1;
          if (at < text.size() && text[at] == '>')
            expected[std::stoul(text.substr(at + 1))] = values.back(), ++stores, at = text.find(' ', at);
          if (at == std::string::npos) break;
        }
        const float* from[16];
        float* to[8];
        for (std::size_t k = 0; k < letters; ++k) from[k] = inputs[k].data();
        for (std::size_t k = 0; k < 8; ++k) to[k] = given[k].data();
        kernels().programs[p].run(from, to, n);
        ASSERT_GE(stores, 1u) << text;
        for (std::size_t k = 0; k < stores; ++k)
          EXPECT_EQ(0, std::memcmp(expected[k].data(), given[k].data(), n * sizeof(float))) << text << " n " << n;
      }
    }
  });
}

TEST(MatrixProducts, AgreeWithFloat64OverOddShapes) {
  on_every_path([] {
    Random random(3, "products");
    for (const bool transpose_a : {false, true})
      for (int trial = 0; trial < 60; ++trial) {
        const std::int64_t m = 1 + random.below(trial % 3 ? 20 : 150), n = 1 + random.below(trial % 4 ? 40 : 200),
                           k = 1 + random.below(trial % 5   ? 30
                                                : trial % 3 ? 300
                                                            : 1000);  // over several slices
        Guarded a(m * k), b(k * n), y(m * n);
        a.fill(random, -1, 1), b.fill(random, -1, 1);
        const Contraction c = plan_contraction(transpose_a, m, n, k);
        for (int chunk = 0; chunk < c.chunks(); ++chunk)
          contract(c, block_of(c, chunk), a.data(), transpose_a ? m : k, b.data(), n, y.data(), n);
        Guarded own(m * n);
        kernels().gemm(transpose_a, m, n, k, a.data(), transpose_a ? m : k, b.data(), n, own.data(), n, false);
        for (std::int64_t i = 0; i < m; ++i)
          for (std::int64_t j = 0; j < n; ++j) {
            double exact = 0, size = 0;
            for (std::int64_t p = 0; p < k; ++p) {
              const double term = static_cast<double>(a[transpose_a ? p * m + i : i * k + p]) * b[p * n + j];
              exact += term, size += std::abs(term);
            }
            const double bound = static_cast<double>(k) * 0x1p-24 * size;  // Higham 2002, equation 3.5
            ASSERT_NEAR(y[i * n + j], exact, bound) << m << "x" << n << "x" << k;
            ASSERT_NEAR(own[i * n + j], exact, bound) << m << "x" << n << "x" << k;
          }
      }
  });
}

// Parts of few rows read B where it lies and in one go, the whole packs it and takes a long k in slices.
TEST(MatrixProducts, GiveTheSameBitsHoweverTheyAreCut) {
  on_every_path([] {
    Random random(4, "cuts");
    for (const auto& [m, n, k] : {std::array<std::size_t, 3>{23, 71, 37}, {30, 45, 700}}) {
      Guarded a(m * k), b(k * n), whole(m * n), parts(m * n);
      a.fill(random, -1, 1), b.fill(random, -1, 1);
      kernels().gemm(false, m, n, k, a.data(), k, b.data(), n, whole.data(), n, false);
      for (std::size_t i = 0; i < m; i += 3)
        for (std::size_t j = 0; j < n; j += 13)
          kernels().gemm(false, std::min<std::size_t>(3, m - i), std::min<std::size_t>(13, n - j), k, a.data() + i * k,
                         k, b.data() + j, n, parts.data() + i * n + j, n, false);
      EXPECT_EQ(0, std::memcmp(whole.data(), parts.data(), m * n * sizeof(float))) << m << "x" << n << "x" << k;
    }
  });
}

TEST(Reductions, AgreeWithFloat64AndNameTheFirstLargest) {
  on_every_path([] {
    Random random(5, "reductions");
    for (std::size_t rows : {1, 2, 9, 40})
      for (std::size_t columns : {1, 3, 10, 16, 33, 130}) {
        Guarded x(rows * columns), by_row(rows), by_column(columns), largest(rows);
        x.fill(random, -1, 1);
        std::vector<std::int32_t> index(rows);
        kernels().sum_rows(x.data(), rows, columns, columns, by_row.data());
        kernels().sum_columns(x.data(), rows, columns, columns, by_column.data());
        kernels().max_rows(x.data(), rows, columns, columns, largest.data(), index.data());
        for (std::size_t i = 0; i < rows; ++i) {
          double sum = 0;
          std::size_t best = 0;
          for (std::size_t j = 0; j < columns; ++j) {
            sum += x[i * columns + j];
            if (x[i * columns + j] > x[i * columns + best]) best = j;
          }
          EXPECT_NEAR(by_row[i], sum, 1e-5);
          EXPECT_EQ(index[i], static_cast<std::int32_t>(best));
          EXPECT_EQ(largest[i], x[i * columns + best]);
        }
        for (std::size_t j = 0; j < columns; ++j) {
          double sum = 0;
          for (std::size_t i = 0; i < rows; ++i) sum += x[i * columns + j];
          EXPECT_NEAR(by_column[j], sum, 1e-5);
        }
      }
    float row[] = {1, NAN, 3}, largest = 0;
    std::int32_t index = -1;
    kernels().max_rows(row, 1, 3, 3, &largest, &index);
    EXPECT_TRUE(std::isnan(largest));
    EXPECT_EQ(index, 1);
  });
}

TEST(Movement, TransposesAndScalesBytes) {
  on_every_path([] {
    Random random(6, "movement");
    Guarded x(19 * 37), y(19 * 37), z(45);
    x.fill(random, -1, 1);
    kernels().transpose(x.data(), 19, 37, 37, y.data(), 19);
    for (std::size_t i = 0; i < 19; ++i)
      for (std::size_t j = 0; j < 37; ++j) ASSERT_EQ(y[j * 19 + i], x[i * 37 + j]);
    std::vector<std::uint8_t> bytes(45);
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random.below(256));
    kernels().from_bytes(bytes.data(), 45, 1.0f / 255, z.data());
    for (std::size_t i = 0; i < 45; ++i) EXPECT_EQ(z[i], static_cast<float>(bytes[i]) * (1.0f / 255));
  });
}

TEST(RandomTensors, AreTheSameNumbersOnEveryPathAndFromEveryStart) {
  on_every_path([] {
    const std::uint64_t key = stream_key(9, "x");
    for (const std::uint64_t step : {std::uint64_t{1}, std::uint64_t{1} << 40})
      for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{37}, (std::uint64_t{1} << 33) + 5}) {
        Guarded y(300);
        kernels().uniform(key, step, first, 300, y.data());
        for (std::size_t i = 0; i < 300; ++i) ASSERT_EQ(y[i], unit_float(tensor_bits(key, step, first + i))) << i;
      }
  });
}

}  // namespace
}  // namespace limn
