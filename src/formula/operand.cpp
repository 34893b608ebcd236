#include "formula/operand.hpp"

#include <algorithm>
#include <cmath>

namespace limn {
namespace {

constexpr std::int64_t kMostNumbers = 5'000'000;  // of all parts of a formula together
constexpr std::int64_t kMostRows = 1'000'000;     // of one loop
constexpr int kMostFactors = 64;                  // a whole power up to here is a product

bool is_one(const Operand& a, double value) { return a.known() && !a.loop && a.numbers[0] == value; }
bool all_equal(const std::vector<double>& numbers) {
  return std::ranges::all_of(numbers, [&](double v) { return v == numbers[0]; });
}

}  // namespace

void Operands::spend(std::int64_t numbers) {
  spent_ += numbers;
  if (spent_ > kMostNumbers) throw TooLarge{};
}

Value Operands::data(const std::vector<double>& numbers, Shape shape, DType dtype) {
  const std::int64_t height = shape.rank() > 1 ? shape[0] : 0;
  const auto [known, is_new] = data_.try_emplace({dtype == DType::kIndex, height, numbers}, kNoNode);
  if (is_new) {
    known->second = input(graph(), fmt::format("data{}", data_.size()), shape, dtype).id();
    function_.data.emplace_back(known->second, numbers);
  }
  return {graph(), known->second};
}

Value Operands::value_of(const Operand& a) {
  if (!a.known()) return a.value;
  if (!a.loop) return constant(graph(), a.numbers[0]);
  if (all_equal(a.numbers)) return broadcast(constant(graph(), a.numbers[0]), {a.loop->rows()});
  return data(a.numbers, {a.loop->rows()}, DType::kReal);
}

Operand Operands::lifted(const Operand& a, const Loop* to) {
  if (a.loop == to) return a;
  spend(to->rows());
  if (!a.loop) {
    if (a.known()) return {to, std::vector<double>(to->index.size(), a.numbers[0]), {}};
    return {to, {}, broadcast(a.value, {to->rows()})};
  }
  std::vector<double> rows = to->row;
  for (const Loop* between = to->outer; between != a.loop; between = between->outer) {
    LIMN_CHECK(between != nullptr);
    for (double& row : rows) row = between->row[static_cast<std::size_t>(row)];
  }
  if (!a.known()) return {to, {}, gather(a.value, data(rows, {to->rows()}, DType::kIndex))};
  for (double& row : rows) row = a.numbers[static_cast<std::size_t>(row)];
  return {to, std::move(rows), {}};
}

Operand Operands::apply(Op op, std::initializer_list<Operand> arguments) {
  const Loop* loop = nullptr;
  bool known = true;
  for (const Operand& a : arguments) {
    if (a.loop && (!loop || a.loop->depth > loop->depth)) loop = a.loop;
    known = known && a.known();
  }
  spend(loop ? loop->rows() : 1);
  std::vector<Operand> in;
  for (const Operand& a : arguments) in.push_back(a.loop ? lifted(a, loop) : a);
  if (known) {
    const auto at = [&](std::size_t i, std::size_t row) {
      return i >= in.size() ? 0 : in[i].numbers[in[i].loop ? row : 0];
    };
    Operand result{loop, std::vector<double>(loop ? loop->index.size() : 1), {}};
    for (std::size_t row = 0; row < result.numbers.size(); ++row)
      result.numbers[row] = pointwise_value(op, at(0, row), at(1, row), at(2, row));
    return result;
  }
  const Value a = value_of(in[0]);
  switch (in.size()) {
    case 1: return {loop, {}, Value(graph(), graph().add(op, {a.id()}, {}, std::source_location::current()))};
    case 2: {
      const Value b = value_of(in[1]);
      switch (op) {
        case Op::kAdd: return {loop, {}, a + b};
        case Op::kSub: return {loop, {}, a - b};
        case Op::kMul: return {loop, {}, a * b};
        case Op::kDiv: return {loop, {}, a / b};
        case Op::kPow: return {loop, {}, pow(a, b)};
        case Op::kMax: return {loop, {}, max(a, b)};
        case Op::kMin: return {loop, {}, min(a, b)};
        case Op::kLess: return {loop, {}, less(a, b)};
        default: LIMN_CHECK(false, "{} in a formula", name(op));
      }
      break;
    }
    default: LIMN_CHECK(op == Op::kSelect);
  }
  const Value b = value_of(in[1]), c = value_of(in[2]);
  return {loop, {}, select(a, b, c)};
}

Operand Operands::where(const Operand& condition, const Operand& yes, const Operand& no) {
  if (condition.known() && !condition.loop) return condition.numbers[0] != 0 ? yes : no;
  return apply(Op::kSelect, {condition, yes, no});
}

Operand Operands::repeated_product(const Operand& base, int exponent) {
  Operand square = base, result = number(1);
  for (int left = exponent; left > 0; left /= 2) {
    if (left % 2 == 1) result = is_one(result, 1) ? square : apply(Op::kMul, {result, square});
    if (left > 1) square = apply(Op::kMul, {square, square});
  }
  return result;
}

// Exponents that differ from row to row: products again, each factor only where its bit is set.
Operand Operands::whole_powers(const Operand& base, const Operand& exponents) {
  const double most = *std::ranges::max_element(exponents.numbers);
  Operand square = base, result = number(1);
  for (int bit = 1; bit <= static_cast<int>(most); bit *= 2) {
    Operand has{exponents.loop, exponents.numbers, {}};
    for (double& e : has.numbers) e = static_cast<double>(static_cast<int>(e) / bit % 2);
    const Operand factor = where(has, square, number(1));
    result = is_one(result, 1) ? factor : apply(Op::kMul, {result, factor});
    if (2 * bit <= static_cast<int>(most)) square = apply(Op::kMul, {square, square});
  }
  return result;
}

Operand Operands::power(const Operand& base, const Operand& exponent) {
  if (!exponent.known() || (base.known() && exponent.known())) {
    if (is_one(base, std::exp(1.0))) return apply(Op::kExp, {exponent});
    return apply(Op::kPow, {base, exponent});
  }
  const auto& numbers = exponent.numbers;
  const bool whole = std::ranges::all_of(
      numbers, [](double e) { return e == std::floor(e) && std::abs(e) <= static_cast<double>(kMostFactors); });
  if (!numbers.empty() && all_equal(numbers)) {
    if (numbers[0] == 0.5) return apply(Op::kSqrt, {base});
    if (!whole) return apply(Op::kPow, {base, number(numbers[0])});
    const Operand product = repeated_product(base, static_cast<int>(std::abs(numbers[0])));
    return numbers[0] < 0 ? apply(Op::kDiv, {number(1), product}) : product;
  }
  if (whole && std::ranges::all_of(numbers, [](double e) { return e >= 0; })) return whole_powers(base, exponent);
  return apply(Op::kPow, {base, exponent});
}

const Loop* Operands::open(const Loop* outer, const Operand& from, const Operand& to) {
  const Operand low = from.loop ? lifted(from, outer) : from, high = to.loop ? lifted(to, outer) : to;
  Loop loop;
  loop.outer = outer, loop.depth = outer ? outer->depth + 1 : 1;
  for (std::int64_t row = 0; row < loop.outer_rows(); ++row) {
    const auto at = [&](const Operand& a) { return a.numbers[a.loop ? static_cast<std::size_t>(row) : 0]; };
    if (at(high) - at(low) + 1 + static_cast<double>(loop.rows()) > static_cast<double>(kMostRows)) throw TooLarge{};
    for (double i = at(low); i <= at(high); ++i) loop.index.push_back(i), loop.row.push_back(static_cast<double>(row));
  }
  spend(loop.rows());
  return &loops_.emplace_back(std::move(loop));
}

Operand Operands::sum(const Operand& body, const Loop* loop) {
  const auto outer_rows = static_cast<std::size_t>(loop->outer_rows());
  if (loop->rows() == 0) return {loop->outer, std::vector<double>(outer_rows, 0), {}};
  const Operand rows = lifted(body, loop);
  spend(loop->rows() + loop->outer_rows());
  if (rows.known()) {
    Operand result{loop->outer, std::vector<double>(outer_rows, 0), {}};
    for (std::size_t i = 0; i < rows.numbers.size(); ++i)
      result.numbers[static_cast<std::size_t>(loop->row[i])] += rows.numbers[i];
    return result;
  }
  if (!loop->outer) return {nullptr, {}, limn::sum(rows.value)};
  const Value to = data(loop->row, {loop->rows()}, DType::kIndex);
  return {loop->outer, {}, scatter_add(rows.value, to, loop->outer_rows())};
}

Operand Operands::product(const Operand& body, const Loop* loop) {
  const auto outer_rows = static_cast<std::size_t>(loop->outer_rows());
  if (loop->rows() == 0) return {loop->outer, std::vector<double>(outer_rows, 1), {}};
  const Operand rows = lifted(body, loop);
  if (rows.known()) {
    spend(loop->rows());
    Operand result{loop->outer, std::vector<double>(outer_rows, 1), {}};
    for (std::size_t i = 0; i < rows.numbers.size(); ++i)
      result.numbers[static_cast<std::size_t>(loop->row[i])] *= rows.numbers[i];
    return result;
  }
  // A table [outer rows, width], ones where a row has fewer factors; its halves are multiplied until one is left.
  std::vector<double> counts(outer_rows, 0);
  for (const double row : loop->row) ++counts[static_cast<std::size_t>(row)];
  auto width = static_cast<std::int64_t>(1);
  while (static_cast<double>(width) < *std::ranges::max_element(counts)) width *= 2;
  spend(2 * width * loop->outer_rows());
  std::vector<double> at(outer_rows * static_cast<std::size_t>(width), -1), ones(at.size(), 1);
  std::ranges::fill(counts, 0);
  for (std::size_t i = 0; i < loop->row.size(); ++i) {
    const auto row = static_cast<std::size_t>(loop->row[i]);
    const std::size_t place = row * static_cast<std::size_t>(width) + static_cast<std::size_t>(counts[row]++);
    at[place] = static_cast<double>(i), ones[place] = 0;
  }
  const std::int64_t height = loop->outer_rows();
  Value table = gather(rows.value, data(at, {height, width}, DType::kIndex));
  if (std::ranges::find(ones, 1) != ones.end()) table = table + data(ones, {height, width}, DType::kReal);
  for (; width > 1; width /= 2) table = slice(table, 1, 0, width / 2) * slice(table, 1, width / 2, width);
  return {loop->outer, {}, reshape(table, loop->outer ? Shape{height} : Shape{})};
}

Operand Operands::element(Value x, const Operand& index) {
  const auto first = static_cast<std::int64_t>(index.numbers[0]) - 1;
  if (!index.loop) return {nullptr, {}, reshape(slice(x, 0, first, first + 1), {})};
  spend(index.loop->rows());
  std::vector<double> rows = index.numbers;
  bool adjacent = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    adjacent = adjacent && rows[i] == index.numbers[0] + static_cast<double>(i);
    rows[i] -= 1;
  }
  if (adjacent)
    return {index.loop,
            {},
            first == 0 && x.size() == index.loop->rows() ? x : slice(x, 0, first, first + index.loop->rows())};
  return {index.loop, {}, gather(x, data(rows, {index.loop->rows()}, DType::kIndex))};
}

}  // namespace limn
