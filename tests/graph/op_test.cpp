// The table of operations: the shape rule of every one, the errors where shapes do not fit, scalar meanings at the
// edges.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <optional>
#include <set>

#include "graph/value.hpp"

namespace limn {
namespace {

struct ShapeRow {
  Op op;
  std::vector<Shape> in;
  Attribute attribute;
  std::optional<Shape> result;  // nothing: does not fit
};

Attribute to(Shape shape) {
  Attribute attribute;
  attribute.shape = shape;
  return attribute;
}
Attribute along(std::int64_t axis, std::int64_t low = 0, std::int64_t high = 0) {
  Attribute attribute;
  attribute.axis = axis, attribute.low = low, attribute.high = high;
  return attribute;
}
Attribute under(int axes, Window::PerAxis size, Shape shape = {}) {
  Attribute attribute = to(shape);
  attribute.window.axes = axes, attribute.window.size = size;
  return attribute;
}
Attribute sides(bool a, bool b) {
  Attribute attribute;
  attribute.transpose_a = a, attribute.transpose_b = b;
  return attribute;
}

const std::vector<ShapeRow>& shape_rows() {
  const auto no = std::nullopt;
  static const std::vector<ShapeRow> rows{
      {Op::kInput, {}, to({2, 3}), Shape{2, 3}},
      {Op::kConstant, {}, {}, Shape{}},
      {Op::kStep, {}, {}, Shape{}},
      {Op::kUniform, {}, to({4}), Shape{4}},
      {Op::kStop, {{2, 3}}, {}, Shape{2, 3}},
      {Op::kOneHot, {{2, 3}}, along(0, 0, 5), Shape{2, 3, 5}},
      {Op::kOneHot, {{}}, along(0, 0, 5), Shape{5}},
      {Op::kOneHot, {{2}}, along(0, 0, 0), no},
      {Op::kOneHot, {{1, 1, 1, 1, 1, 1}}, along(0, 0, 5), no},
      {Op::kArgmax, {{2, 3}}, {}, Shape{2}},
      {Op::kArgmax, {{}}, {}, no},
      {Op::kReduceMax, {{2, 3}}, {}, Shape{2, 1}},
      {Op::kReduceMax, {{}}, {}, no},
      {Op::kBroadcast, {{3, 1}}, to({2, 3, 4}), Shape{2, 3, 4}},
      {Op::kBroadcast, {{}}, to({7}), Shape{7}},
      {Op::kBroadcast, {{3}}, to({2, 4}), no},
      {Op::kBroadcast, {{2, 3}}, to({3}), no},
      {Op::kSumTo, {{2, 3, 4}}, to({3, 1}), Shape{3, 1}},
      {Op::kSumTo, {{2, 3}}, to({}), Shape{}},
      {Op::kSumTo, {{3}}, to({2, 3}), no},
      {Op::kSumTo, {{2, 3}}, to({2}), no},
      {Op::kReshape, {{2, 6}}, to({3, 4}), Shape{3, 4}},
      {Op::kReshape, {{1}}, to({}), Shape{}},
      {Op::kReshape, {{2, 6}}, to({5}), no},
      {Op::kTranspose, {{2, 3, 4}}, to({2, 0, 1}), Shape{4, 2, 3}},
      {Op::kTranspose, {{2, 3}}, to({0}), no},
      {Op::kTranspose, {{2, 3}}, to({0, 0}), no},
      {Op::kTranspose, {{2, 3}}, to({0, 2}), no},
      {Op::kTranspose, {{2, 3}}, to({0, -1}), no},
      {Op::kSlice, {{4, 5}}, along(1, 2, 5), Shape{4, 3}},
      {Op::kSlice, {{4, 5}}, along(0, 2, 2), Shape{0, 5}},
      {Op::kSlice, {{4, 5}}, along(1, 2, 6), no},
      {Op::kSlice, {{4, 5}}, along(1, -1, 2), no},
      {Op::kSlice, {{4, 5}}, along(1, 3, 2), no},
      {Op::kSlice, {{4, 5}}, along(2, 0, 1), no},
      {Op::kPad, {{4, 5}}, along(0, 1, 6), Shape{6, 5}},
      {Op::kPad, {{4, 5}}, along(0, 3, 6), no},
      {Op::kPad, {{4, 5}}, along(0, -1, 6), no},
      {Op::kPad, {{4, 5}}, along(-1, 0, 6), no},
      {Op::kConcat, {{2, 3}, {2, 4}, {2, 0}}, along(1), Shape{2, 7}},
      {Op::kConcat, {{2, 3}}, along(0), Shape{2, 3}},
      {Op::kConcat, {{2, 3}, {3, 3}}, along(1), no},
      {Op::kConcat, {{2, 3}, {2}}, along(0), no},
      {Op::kConcat, {{2, 3}}, along(2), no},
      {Op::kGather, {{7, 3}, {4}}, {}, Shape{4, 3}},
      {Op::kGather, {{7}, {4, 2}}, {}, Shape{4, 2}},
      {Op::kGather, {{7, 2, 3}, {}}, {}, Shape{2, 3}},
      {Op::kGather, {{}, {4}}, {}, no},
      {Op::kGather, {{2, 1, 1, 1}, {1, 1, 1, 1}}, {}, no},
      {Op::kScatterAdd, {{4, 3}, {4}}, along(0, 0, 7), Shape{7, 3}},
      {Op::kScatterAdd, {{4, 2}, {4, 2}}, along(0, 0, 7), Shape{7}},
      {Op::kScatterAdd, {{2, 3}, {}}, along(0, 0, 7), Shape{7, 2, 3}},
      {Op::kScatterAdd, {{4, 3}, {3}}, along(0, 0, 7), no},
      {Op::kScatterAdd, {{4}, {4, 2}}, along(0, 0, 7), no},
      {Op::kScatterAdd, {{4, 3}, {4}}, along(0, 0, 0), no},
      {Op::kScatterAdd, {{1, 1, 1, 1, 1, 1}, {}}, along(0, 0, 7), no},
      {Op::kMatMul, {{2, 3}, {3, 4}}, sides(false, false), Shape{2, 4}},
      {Op::kMatMul, {{3, 2}, {3, 4}}, sides(true, false), Shape{2, 4}},
      {Op::kMatMul, {{2, 3}, {4, 3}}, sides(false, true), Shape{2, 4}},
      {Op::kMatMul, {{3, 2}, {4, 3}}, sides(true, true), Shape{2, 4}},
      {Op::kMatMul, {{2, 3}, {4, 3}}, sides(false, false), no},
      {Op::kMatMul, {{2, 3}, {3}}, sides(false, false), no},
      {Op::kMatMul, {{1, 2, 3}, {3, 4}}, sides(false, false), no},
      {Op::kConv, {{2, 9, 8, 3}, {3, 2, 3, 4}}, under(2, {3, 2, 1}), Shape{2, 7, 7, 4}},
      {Op::kConv, {{2, 9, 8, 3}, {3, 2, 3, 4}}, under(2, {3, 3, 1}), no},
      {Op::kConv, {{2, 9, 8, 3}, {3, 2, 2, 4}}, under(2, {3, 2, 1}), no},
      {Op::kConv, {{2, 9, 3}, {3, 2, 3, 4}}, under(2, {3, 2, 1}), no},
      {Op::kConv, {{2, 2, 2, 3}, {3, 2, 3, 4}}, under(2, {3, 2, 1}), no},
      {Op::kConv, {{2, 9, 8, 3}, {}}, under(2, {3, 2, 1}), no},
      {Op::kConv, {{2, 9, 8, 3}, {3, 2, 3, 4}}, {}, no},
      {Op::kConv, {{2, 9, 8, 3}, {3, 2, 3, 4}}, under(2, {3, 0, 1}), no},
      {Op::kConvData, {{2, 7, 7, 4}, {3, 2, 3, 4}}, under(2, {3, 2, 1}, {2, 9, 8, 3}), Shape{2, 9, 8, 3}},
      {Op::kConvData, {{2, 7, 7, 4}, {3, 2, 3, 4}}, under(2, {3, 2, 1}, {2, 9, 9, 3}), no},
      {Op::kConvData, {{2, 7, 4}, {3, 2, 3, 4}}, under(2, {3, 2, 1}, {2, 9, 8, 3}), no},
      {Op::kConvWeights, {{2, 9, 8, 3}, {2, 7, 7, 4}}, under(2, {3, 2, 1}, {3, 2, 3, 4}), Shape{3, 2, 3, 4}},
      {Op::kConvWeights, {{2, 9, 8, 3}, {2, 7, 7, 4}}, under(2, {3, 2, 1}, {3, 2, 2, 4}), no},
      {Op::kConvWeights, {{2, 9, 8, 3}, {1, 7, 7, 4}}, under(2, {3, 2, 1}, {3, 2, 3, 4}), no},
      {Op::kWindowSum, {{2, 9, 8, 3}}, under(2, {3, 2, 1}), Shape{2, 7, 7, 3}},
      {Op::kWindowSum, {{3}}, under(1, {3, 1, 1}), no},
      {Op::kWindowSum, {{}}, under(1, {3, 1, 1}), no},
      {Op::kWindowArgmax, {{2, 9, 3}}, under(1, {9, 1, 1}), Shape{2, 1, 3}},
      {Op::kWindowSpread, {{2, 7, 7, 3}}, under(2, {3, 2, 1}, {2, 9, 8, 3}), Shape{2, 9, 8, 3}},
      {Op::kWindowSpread, {{2, 7, 6, 3}}, under(2, {3, 2, 1}, {2, 9, 8, 3}), no},
      {Op::kPlaneGather, {{2, 9, 8, 3}, {2, 5, 3}}, {}, Shape{2, 5, 3}},
      {Op::kPlaneGather, {{2, 9, 8, 3}, {2, 5, 4}}, {}, no},
      {Op::kPlaneGather, {{2, 3}, {2, 3}}, {}, no},
      {Op::kPlaneScatter, {{2, 5, 3}, {2, 5, 3}}, to({2, 9, 8, 3}), Shape{2, 9, 8, 3}},
      {Op::kPlaneScatter, {{2, 5, 3}, {2, 4, 3}}, to({2, 9, 8, 3}), no},
      {Op::kPlaneScatter, {{2, 5, 3}, {2, 5, 3}}, to({2, 9, 8, 2}), no},
  };
  return rows;
}

TEST(ShapeRules, GiveTheShapeOrSayWhatDoesNotFit) {
  for (const ShapeRow& row : shape_rows()) {
    std::string why, title(name(row.op));
    for (const Shape& shape : row.in) title += fmt::format(" {}", to_string(shape));
    const Shape result = info(row.op).shape(row.in, row.attribute, why);
    EXPECT_EQ(why.empty(), row.result.has_value()) << title << ": " << why;
    EXPECT_TRUE(!row.result || result == *row.result) << title << " became " << to_string(result);
  }
}

TEST(ShapeRules, OfPointwiseOperationsWantEqualShapes) {
  for (const OpInfo& op : ops()) {
    if (!op.pointwise) continue;
    std::vector<Shape> shapes(static_cast<std::size_t>(op.arity), Shape{2, 3});
    std::string why;
    EXPECT_EQ(op.shape(shapes, {}, why), (Shape{2, 3})) << op.name;
    EXPECT_EQ(why, "") << op.name;
    if (op.arity == 1) continue;
    shapes.back() = {3};
    op.shape(shapes, {}, why);
    EXPECT_NE(why, "") << op.name;
  }
}

TEST(ShapeRules, AreAllInTheTableAbove) {
  std::set<Op> seen;
  for (const ShapeRow& row : shape_rows()) seen.insert(row.op);
  for (const OpInfo& op : ops()) {
    EXPECT_TRUE(op.pointwise || seen.contains(op.op)) << op.name;
    EXPECT_EQ(&info(op.op), &op);
    EXPECT_FALSE(op.doc.empty()) << op.name;
  }
}

struct ErrorRow {
  const char* what;
  std::function<Value(Graph&, Value a, Value b)> call;  // a [2, 3], b [4, 5]
  std::vector<std::string> words;
};

TEST(TracingErrors, NameTheShapesTheOperationTheScopeAndThePlace) {
  int line = __LINE__;  // each row's error must come from a later line than the one before
  const ErrorRow rows[] = {
      {"sum", [](Graph&, Value a, Value b) { return a + b; }, {"add of [2, 3] and [4, 5]", "equal"}},
      {"quotient", [](Graph&, Value a, Value b) { return a / b; }, {"div of [2, 3] and [4, 5]"}},
      {"choice", [](Graph&, Value a, Value b) { return select(a, a, b); }, {"select of [2, 3] and [2, 3] and [4, 5]"}},
      {"product", [](Graph&, Value a, Value b) { return matmul(a, b); }, {"matmul of [2, 3] and [4, 5]", "3 and 4"}},
      {"product of a sum", [](Graph&, Value a, Value b) { return matmul(sum(a), b); }, {"matmul of [] and [4, 5]"}},
      {"reshape", [](Graph&, Value a, Value) { return reshape(a, {4, 2}); }, {"reshape of [2, 3]", "[4, 2]"}},
      {"broadcast", [](Graph&, Value a, Value) { return broadcast(a, {2, 4}); }, {"broadcast of [2, 3]", "[2, 4]"}},
      {"sum_to", [](Graph&, Value a, Value) { return sum_to(a, {5}); }, {"sum_to of [2, 3]", "[5]"}},
      {"slice", [](Graph&, Value a, Value) { return slice(a, 1, 2, 9); }, {"slice of [2, 3]", "2 .. 9", "axis 1"}},
      {"pad", [](Graph&, Value a, Value) { return pad(a, 0, 2, 3); }, {"pad of [2, 3]", "2 into 3"}},
      {"transpose",
       [](Graph&, Value a, Value) { return transpose(a, {0, 0}); },
       {"transpose of [2, 3]", "every axis once"}},
      {"concat",
       [](Graph&, Value a, Value b) { return concat(std::vector{a, b}, 0); },
       {"concat of [2, 3] and [4, 5]", "axis 0"}},
      {"index as number", [](Graph&, Value a, Value) { return exp(argmax(a)); }, {"exp of [2]", "not indices"}},
      {"number as row",
       [](Graph&, Value a, Value b) { return gather(a, b); },
       {"gather of [2, 3] and [4, 5]", "wants i"}},
      {"rows of indices", [](Graph&, Value a, Value) { return scatter_add(argmax(a), argmax(a), 2); }, {"not indices"}},
      {"number as index", [](Graph&, Value a, Value) { return one_hot(a, 4); }, {"one_hot of [2, 3]", "wants indices"}},
  };
  const int end = __LINE__;
  for (const ErrorRow& row : rows) {
    Graph graph;
    const Value a = input(graph, "a", {2, 3}), b = input(graph, "b", {4, 5});
    const Scope outer(graph, "encoder"), inner(graph, "layer2");
    try {
      row.call(graph, a, b);
      ADD_FAILURE() << row.what << " was accepted";
    } catch (const Error& error) {
      const std::string all = fmt::format("{} | {}", error.what(), error.hint());
      auto words = row.words;
      words.push_back("encoder/layer2");
      for (const std::string& word : words)
        EXPECT_NE(all.find(word), std::string::npos) << row.what << ": \"" << word << "\" is not in: " << all;
      EXPECT_EQ(error.fault(), Fault::kRequest);
      const auto place = error.hint().find("op_test.cpp:");
      ASSERT_NE(place, std::string::npos) << error.hint();
      const int found = std::atoi(error.hint().c_str() + place + 12);
      EXPECT_TRUE(line < found && found < end) << error.hint() << " is not in the row after line " << line;
      line = found;
    }
  }
}

TEST(PointwiseMeanings, HoldAtTheEdges) {
  auto value = [](Op op, double a, double b = 0, double c = 0) { return pointwise_value(op, a, b, c); };
  EXPECT_EQ(value(Op::kSigmoid, -1e4), 0);
  EXPECT_EQ(value(Op::kSigmoid, 1e4), 1);
  EXPECT_EQ(value(Op::kSoftplus, 1e4), 1e4);
  EXPECT_EQ(value(Op::kSoftplus, -1e4), 0);
  EXPECT_DOUBLE_EQ(value(Op::kSoftplus, 0), std::log(2));
  EXPECT_EQ(value(Op::kRelu, -0.0), 0);
  EXPECT_TRUE(std::isnan(value(Op::kRelu, NAN))) << "a NaN is not swallowed";
  EXPECT_TRUE(std::signbit(value(Op::kMax, -0.0, 0.0))) << "ties take the first";
  EXPECT_TRUE(std::signbit(value(Op::kMin, -0.0, 0.0)));
  EXPECT_EQ(value(Op::kSelect, 0, 1, 2), 2);
  EXPECT_EQ(value(Op::kSelect, -3, 1, 2), 1);
  EXPECT_EQ(value(Op::kLess, 1, 1), 0);
  EXPECT_EQ(value(Op::kSign, 1e-300), 1);
  EXPECT_EQ(value(Op::kSign, -INFINITY), -1);
  EXPECT_EQ(value(Op::kSign, 0), 0);
  EXPECT_TRUE(std::isnan(value(Op::kSign, NAN)));
  EXPECT_EQ(value(Op::kFloor, -0.5), -1);
  EXPECT_EQ(value(Op::kFloor, 2), 2);
  EXPECT_EQ(value(Op::kPow, -2, 3), -8);
  EXPECT_EQ(value(Op::kPow, 0, 0), 1);
  EXPECT_TRUE(std::isnan(value(Op::kPow, -2, 0.5)));
  EXPECT_EQ(value(Op::kExpm1, 1e-20), 1e-20);
  EXPECT_EQ(value(Op::kLog1p, 1e-20), 1e-20);
  EXPECT_THROW(value(Op::kMatMul, 1), std::logic_error);
}

}  // namespace
}  // namespace limn
