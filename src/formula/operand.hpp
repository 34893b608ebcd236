// What a part of a formula is while it is built: numbers that are known, or values of the graph; one of them, or one
// for every row of a loop. A loop "sum(i=1..n, ...)" is a list of rows, so that its body is built once, on vectors.
#pragma once
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <tuple>
#include <vector>

#include "formula/function.hpp"

namespace limn {

// The rows of a loop. Inside of another loop there are rows for each of the outer one's, as many as the bounds say: so
// an inner bound may depend on an outer index.
struct Loop {
  const Loop* outer = nullptr;
  int depth = 1;
  std::vector<double> index;  // [rows] of the loop's own index
  std::vector<double> row;    // [rows] the outer loop's row that each is in; zeros where there is none
  std::int64_t rows() const { return static_cast<std::int64_t>(index.size()); }
  std::int64_t outer_rows() const { return outer ? outer->rows() : 1; }
};

struct Operand {
  const Loop* loop = nullptr;   // null: one number
  std::vector<double> numbers;  // [rows] or [1] if they are known; else empty
  Value value;                  // [rows], or [] if it is one number
  bool known() const { return !value; }
};

// More numbers than a formula may have; the caller knows where.
struct TooLarge {};

// Arithmetic on operands. What is known is computed at once, by the meaning that graph/op.def gives.
class Operands {
 public:
  explicit Operands(FunctionGraph& function) : function_(function) {}
  Graph& graph() { return function_.fn.graph; }

  Operand number(double value) const { return {nullptr, {value}, {}}; }
  Operand apply(Op op, std::initializer_list<Operand> arguments);
  Operand power(const Operand& base, const Operand& exponent);  // whole exponents by products
  Operand where(const Operand& condition, const Operand& yes, const Operand& no);
  Operand lifted(const Operand& a, const Loop* to);  // to an inner loop of a's: repeated for its rows

  // Opens a loop with the index from low to high (each whole) for every row of `outer`.
  const Loop* open(const Loop* outer, const Operand& low, const Operand& high);
  Operand sum(const Operand& body, const Loop* loop);      // over the loop's rows, for every row of the outer one
  Operand product(const Operand& body, const Loop* loop);  // 1 where there are none
  // Component index[row] - 1 of the vector x.
  Operand element(Value x, const Operand& index);

  Value value_of(const Operand& a);  // [rows] or []; what is known as constant or data
  Value data(const std::vector<double>& numbers, Shape shape, DType dtype);
  void spend(std::int64_t numbers);

 private:
  Operand repeated_product(const Operand& base, int exponent);
  Operand whole_powers(const Operand& base, const Operand& exponents);

  FunctionGraph& function_;
  std::deque<Loop> loops_;
  std::map<std::tuple<bool, std::int64_t, std::vector<double>>, NodeId> data_;  // by kind, height of a table, numbers
  std::int64_t spent_ = 0;
};

}  // namespace limn
