#include "formula/function_table.hpp"

#include <array>
#include <numbers>

namespace limn {
namespace {

using Arguments = std::span<const Operand>;

Operand add(Operands& on, const Operand& a, const Operand& b) { return on.apply(Op::kAdd, {a, b}); }
Operand sub(Operands& on, const Operand& a, const Operand& b) { return on.apply(Op::kSub, {a, b}); }
Operand mul(Operands& on, const Operand& a, const Operand& b) { return on.apply(Op::kMul, {a, b}); }
Operand div(Operands& on, const Operand& a, const Operand& b) { return on.apply(Op::kDiv, {a, b}); }
Operand neg(Operands& on, const Operand& a) { return on.apply(Op::kNeg, {a}); }
Operand less(Operands& on, const Operand& a, const Operand& b) { return on.apply(Op::kLess, {a, b}); }
Operand scaled(Operands& on, double by, const Operand& a) { return mul(on, a, on.number(by)); }

template <Op op>
Operand direct(Operands& on, Arguments a) {
  return on.apply(op, {a[0]});
}
template <Op op>
Operand direct2(Operands& on, Arguments a) {
  Operand result = a[0];
  for (const Operand& next : a.subspan(1)) result = on.apply(op, {result, next});
  return result;
}
Operand power(Operands& on, Arguments a) { return on.power(a[0], a[1]); }
Operand where(Operands& on, Arguments a) { return on.where(a[0], a[1], a[2]); }

Operand log2_of(Operands& on, Arguments a) { return scaled(on, std::numbers::log2e, on.apply(Op::kLog, {a[0]})); }
Operand log10_of(Operands& on, Arguments a) { return scaled(on, std::numbers::log10e, on.apply(Op::kLog, {a[0]})); }
Operand tan_of(Operands& on, Arguments a) { return div(on, on.apply(Op::kSin, {a[0]}), on.apply(Op::kCos, {a[0]})); }
// atan(a / sqrt(1 - a^2)), with 1 - a^2 as a product so that no digits are lost beside 1.
Operand asin_of(Operands& on, Arguments a) {
  const Operand one = on.number(1), rest = mul(on, sub(on, one, a[0]), add(on, one, a[0]));
  return on.apply(Op::kAtan, {div(on, a[0], on.apply(Op::kSqrt, {rest}))});
}
Operand acos_of(Operands& on, Arguments a) {
  const Operand one = on.number(1), ratio = div(on, sub(on, one, a[0]), add(on, one, a[0]));
  return scaled(on, 2, on.apply(Op::kAtan, {on.apply(Op::kSqrt, {ratio})}));
}
// The quotient is taken with the larger one below, so that neither it nor its derivative is infinite.
Operand atan2_of(Operands& on, Arguments a) {
  const Operand &y = a[0], &x = a[1], zero = on.number(0), turn = on.number(std::numbers::pi);
  const Operand steep = less(on, on.apply(Op::kAbs, {x}), on.apply(Op::kAbs, {y}));
  const Operand angle = on.apply(Op::kAtan, {div(on, on.where(steep, x, y), on.where(steep, y, x))});
  const Operand half = scaled(on, std::numbers::pi / 2, on.apply(Op::kSign, {y}));
  const Operand behind = on.where(less(on, x, zero), on.where(less(on, y, zero), neg(on, turn), turn), zero);
  return on.where(steep, sub(on, half, angle), add(on, angle, behind));
}
Operand sinh_of(Operands& on, Arguments a) {
  return scaled(on, 0.5, sub(on, on.apply(Op::kExpm1, {a[0]}), on.apply(Op::kExpm1, {neg(on, a[0])})));
}
Operand cosh_of(Operands& on, Arguments a) {
  return scaled(on, 0.5, add(on, on.apply(Op::kExp, {a[0]}), on.apply(Op::kExp, {neg(on, a[0])})));
}
Operand ceil_of(Operands& on, Arguments a) { return neg(on, on.apply(Op::kFloor, {neg(on, a[0])})); }
Operand round_of(Operands& on, Arguments a) { return on.apply(Op::kFloor, {add(on, a[0], on.number(0.5))}); }
Operand mod_of(Operands& on, Arguments a) {
  return sub(on, a[0], mul(on, a[1], on.apply(Op::kFloor, {div(on, a[0], a[1])})));
}

constexpr std::size_t kAny = 100;

struct Row {
  std::string_view name, usage;
  std::size_t least, most;  // arguments
  Operand (*call)(Operands&, Arguments);
};
constexpr std::array kFunctions{
    Row{"abs", "abs(x)", 1, 1, direct<Op::kAbs>},
    Row{"acos", "acos(x)", 1, 1, acos_of},
    Row{"asin", "asin(x)", 1, 1, asin_of},
    Row{"atan", "atan(x)", 1, 1, direct<Op::kAtan>},
    Row{"atan2", "atan2(y, x)", 2, 2, atan2_of},
    Row{"ceil", "ceil(x)", 1, 1, ceil_of},
    Row{"cos", "cos(x)", 1, 1, direct<Op::kCos>},
    Row{"cosh", "cosh(x)", 1, 1, cosh_of},
    Row{"erf", "erf(x)", 1, 1, direct<Op::kErf>},
    Row{"exp", "exp(x)", 1, 1, direct<Op::kExp>},
    Row{"expm1", "expm1(x)", 1, 1, direct<Op::kExpm1>},
    Row{"floor", "floor(x)", 1, 1, direct<Op::kFloor>},
    Row{"if", "if(x > 0, a, b)", 3, 3, where},
    Row{"ln", "ln(x)", 1, 1, direct<Op::kLog>},
    Row{"log", "log(x), the natural one", 1, 1, direct<Op::kLog>},
    Row{"log10", "log10(x)", 1, 1, log10_of},
    Row{"log1p", "log1p(x)", 1, 1, direct<Op::kLog1p>},
    Row{"log2", "log2(x)", 1, 1, log2_of},
    Row{"max", "max(x, y)", 2, kAny, direct2<Op::kMax>},
    Row{"min", "min(x, y)", 2, kAny, direct2<Op::kMin>},
    Row{"mod", "mod(x, y)", 2, 2, mod_of},
    Row{"pow", "pow(x, y)", 2, 2, power},
    Row{"relu", "relu(x)", 1, 1, direct<Op::kRelu>},
    Row{"round", "round(x)", 1, 1, round_of},
    Row{"sigmoid", "sigmoid(x)", 1, 1, direct<Op::kSigmoid>},
    Row{"sign", "sign(x)", 1, 1, direct<Op::kSign>},
    Row{"sin", "sin(x)", 1, 1, direct<Op::kSin>},
    Row{"sinh", "sinh(x)", 1, 1, sinh_of},
    Row{"softplus", "softplus(x)", 1, 1, direct<Op::kSoftplus>},
    Row{"sqrt", "sqrt(x)", 1, 1, direct<Op::kSqrt>},
    Row{"tan", "tan(x)", 1, 1, tan_of},
    Row{"tanh", "tanh(x)", 1, 1, direct<Op::kTanh>},
    Row{"where", "where(x > 0, a, b)", 3, 3, where},
};

const Row* find(std::string_view name) {
  for (const Row& row : kFunctions)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

bool is_function(std::string_view name) { return find(name) != nullptr; }

std::string function_names() {
  std::string names;
  for (const Row& row : kFunctions) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names + ", and sum and prod";
}

std::string usage(std::string_view name) { return std::string(find(name)->usage); }

std::string wrong_arguments(std::string_view name, std::size_t arguments) {
  const Row& row = *find(name);
  if (arguments >= row.least && arguments <= row.most) return {};
  return fmt::format("{} takes {}{} argument{}, not {}", name, row.most == kAny ? "at least " : "", row.least,
                     row.least == 1 ? "" : "s", arguments);
}

Operand call_function(Operands& on, std::string_view name, std::span<const Operand> arguments) {
  return find(name)->call(on, arguments);
}

}  // namespace limn
