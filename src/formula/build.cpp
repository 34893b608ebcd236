#include "formula/build.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "formula/function_table.hpp"
#include "formula/token.hpp"

namespace limn {
namespace {

class Builder {
 public:
  Builder(std::string_view text, const Constants& constants, VariablePlaces& places)
      : text_(text), constants_(constants), places_(places), on_(function_) {}

  FunctionGraph run(const Term& formula) {
    std::int64_t n = 0;
    for (const auto& [name, place] : places_) n += place.size;
    const Value x = input(on_.graph(), "x", {n});
    function_.x = x.id();
    for (const auto& [name, place] : places_)
      if (place.indexed) vectors_[name] = place.size == n ? x : slice(x, 0, place.first, place.first + place.size);
    const Operand value = built(formula);
    std::vector<Operand> squares;
    function_.value = on_.value_of(value).id();
    function_.fn.output("value", {on_.graph(), function_.value});
    if (!value.known() && residuals(formula, on_.number(1), nullptr, squares)) joined(squares);
    return std::move(function_);
  }

 private:
  [[noreturn]] void fail(const Term& at, const std::string& what, const std::string& advice) const {
    throw FormulaError(text_, at.column, what, advice);
  }

  Operand built(const Term& term) {
    try {
      return built_unguarded(term);
    } catch (const TooLarge&) {
      fail(term, "the formula needs too many numbers", "choose a smaller n, or fewer nested sums");
    }
  }

  Operand built_unguarded(const Term& term) {
    switch (term.kind) {
      case Term::kNumber: return on_.number(term.number);
      case Term::kName: return named(term);
      case Term::kIndexed: return indexed(term);
      case Term::kCall: {
        std::vector<Operand> arguments;
        for (const Term& child : term.children) arguments.push_back(built(child));
        return call_function(on_, term.name, arguments);
      }
      case Term::kSum: return chain(term, Op::kAdd, Op::kSub);
      case Term::kProduct: return chain(term, Op::kMul, Op::kDiv);
      case Term::kPower: return power(term);
      case Term::kCompare: return compare(term.name, built(term.children[0]), built(term.children[1]));
      case Term::kLogic: return logic(term);
      case Term::kLoop: return loop(term);
    }
    return {};
  }

  Operand chain(const Term& term, Op op, Op inverse) {
    Operand result;
    for (std::size_t i = 0; i < term.children.size(); ++i) {
      const Operand next = built(term.children[i]);
      if (i > 0)
        result = on_.apply(term.inverse[i] ? inverse : op, {result, next});
      else
        result = term.inverse[0] ? on_.apply(Op::kNeg, {next}) : next;
    }
    return result;
  }

  bool is_e(const Term& term) const {
    return term.kind == Term::kName && term.name == "e" && !loops_.contains("e") && !constants_.contains("e");
  }
  Operand power(const Term& term) {
    const Operand exponent = built(term.children[1]);
    if (is_e(term.children[0])) return on_.apply(Op::kExp, {exponent});
    return on_.power(built(term.children[0]), exponent);
  }

  Operand named(const Term& term) {
    if (const auto loop = loops_.find(term.name); loop != loops_.end()) return {loop->second, loop->second->index, {}};
    if (const auto constant = constants_.find(term.name); constant != constants_.end()) {
      if (constant->second.size() != 1)
        fail(term, fmt::format("{} is a list of {} numbers", term.name, constant->second.size()),
             fmt::format("write {}[i], with i from 1", term.name));
      return on_.number(constant->second[0]);
    }
    if (const auto place = places_.find(term.name); place != places_.end()) {
      if (place->second.indexed)
        fail(term, fmt::format("{} is a variable with an index elsewhere", term.name),
             fmt::format("write {}[1], or give it another name", term.name));
      const Value x(on_.graph(), function_.x);
      const auto first = place->second.first;
      return {nullptr, {}, x.size() == 1 ? reshape(x, {}) : reshape(slice(x, 0, first, first + 1), {})};
    }
    LIMN_CHECK(term.name == "pi" || term.name == "e", "{} has no place", term.name);
    return on_.number(term.name == "pi" ? std::numbers::pi : std::numbers::e);
  }

  Operand indexed(const Term& term) {
    if (loops_.contains(term.name))
      fail(term, fmt::format("{} is an index, a number", term.name), "leave out the brackets");
    const Operand index = built(term.children[0]);
    const Term& at = term.children[0];
    if (!index.known())
      fail(at, "an index depends on a variable", "indices are made of numbers, constants and i of sum(i=..., )");
    const auto constant = constants_.find(term.name);
    const bool is_list = constant != constants_.end();
    VariablePlace* place = is_list ? nullptr : &places_.find(term.name)->second;
    const auto size = is_list ? static_cast<std::int64_t>(constant->second.size()) : place->size;
    for (const double i : index.numbers) {
      if (i != std::floor(i)) fail(at, fmt::format("the index {} is no whole number", i), "floor(...) makes one");
      if (!(i >= 1 && i <= static_cast<double>(size)))
        fail(at, fmt::format("there is no {}[{}]", term.name, i), fmt::format("indices go from 1 to {}", size));
    }
    if (!is_list) {
      place->largest = std::max(place->largest, static_cast<std::int64_t>(*std::ranges::max_element(index.numbers)));
      return on_.element(vectors_[term.name], index);
    }
    Operand numbers = index;
    for (double& i : numbers.numbers) i = constant->second[static_cast<std::size_t>(i) - 1];
    return numbers;
  }

  Operand truth(const Operand& a) { return on_.where(a, on_.number(1), on_.number(0)); }
  Operand negated(const Operand& a) { return on_.where(a, on_.number(0), on_.number(1)); }
  Operand compare(std::string_view sign, const Operand& a, const Operand& b) {
    if (sign == "<") return on_.apply(Op::kLess, {a, b});
    if (sign == ">") return on_.apply(Op::kLess, {b, a});
    if (sign == "<=") return negated(on_.apply(Op::kLess, {b, a}));
    if (sign == ">=") return negated(on_.apply(Op::kLess, {a, b}));
    const Operand differ = on_.apply(Op::kAdd, {on_.apply(Op::kLess, {a, b}), on_.apply(Op::kLess, {b, a})});
    return sign == "!=" ? differ : negated(differ);
  }
  Operand logic(const Term& term) {
    Operand result = truth(built(term.children[0]));
    for (std::size_t i = 1; i < term.children.size(); ++i) {
      const Operand next = truth(built(term.children[i]));
      result = term.name == "and" ? on_.where(result, next, on_.number(0)) : on_.where(result, on_.number(1), next);
    }
    return result;
  }

  // The innermost loop whose index occurs: there a part of the formula is as good as constant.
  const Loop* innermost(const Term& term, std::set<std::string, std::less<>> own = {}) const {
    const Loop* result = nullptr;
    const auto consider = [&](const Loop* loop) {
      if (loop && (!result || loop->depth > result->depth)) result = loop;
    };
    if (term.kind == Term::kName && !own.contains(term.name))
      if (const auto loop = loops_.find(term.name); loop != loops_.end()) consider(loop->second);
    for (std::size_t i = 0; i < term.children.size(); ++i) {
      if (term.kind == Term::kLoop && i == 2) own.insert(term.index);
      consider(innermost(term.children[i], own));
    }
    return result;
  }

  Operand bound(const Term& term) {
    Operand value = built(term);
    if (!value.known())
      fail(term, "a bound depends on a variable", "bounds are made of numbers, constants and outer indices");
    for (const double v : value.numbers)
      if (v != std::floor(v) || std::abs(v) > 1e9)
        fail(term, fmt::format("the bound {} is no whole number", v), "floor(...) makes one");
    return value;
  }

  // Opens the loop in `outer`, or in the innermost that it depends on; the index is known until close().
  const Loop* open(const Term& term, const Loop* outer) {
    if (constants_.contains(term.index) || loops_.contains(term.index))
      fail(term, fmt::format("the index {} has a meaning already", term.index), "choose another letter");
    const Operand low = bound(term.children[0]), high = bound(term.children[1]);
    try {
      const Loop* loop = on_.open(outer, low, high);
      loops_[term.index] = loop;
      return loop;
    } catch (const TooLarge&) {
      fail(term, fmt::format("{} runs over too many indices", term.name),
           "at most a million in one loop; choose a smaller n, or fewer nested sums");
    }
  }

  Operand loop(const Term& term) {
    const Loop* loop = open(term, innermost(term));
    Operand body = on_.number(0);
    if (loop->rows() > 0) body = built(term.children[2]);
    loops_.erase(term.index);
    return term.name == "sum" ? on_.sum(body, loop) : on_.product(body, loop);
  }

  bool is_constant(const Term& term) const {
    if ((term.kind == Term::kName || term.kind == Term::kIndexed) && places_.contains(term.name) &&
        !loops_.contains(term.name))
      return false;
    return std::ranges::all_of(term.children, [&](const Term& child) { return is_constant(child); });
  }
  static bool all_above(const Operand& a, double limit) {
    return std::ranges::all_of(a.numbers, [&](double v) { return v > limit; });
  }
  Operand root_times(const Operand& factor, const Operand& a) {
    return on_.apply(Op::kMul, {on_.apply(Op::kSqrt, {factor}), a});
  }

  // The residuals of factor * term, one for each row of `loop`, if it is a sum of squares by its looks; else false.
  bool residuals(const Term& term, const Operand& factor, const Loop* loop, std::vector<Operand>& list) {
    if (is_constant(term)) {
      const Operand value = built(term);
      if (!all_above(value, 0)) return std::ranges::all_of(value.numbers, [](double v) { return v == 0; });
      return add_residual(root_times(on_.apply(Op::kMul, {factor, value}), on_.number(1)), loop, list);
    }
    switch (term.kind) {
      case Term::kSum:
        for (std::size_t i = 0; i < term.children.size(); ++i)
          if (term.inverse[i] || !residuals(term.children[i], factor, loop, list)) return false;
        return true;
      case Term::kProduct: {
        Operand scale = factor;
        const Term* square = nullptr;
        for (std::size_t i = 0; i < term.children.size(); ++i) {
          const Term& child = term.children[i];
          if (is_constant(child))
            scale = on_.apply(term.inverse[i] ? Op::kDiv : Op::kMul, {scale, built(child)});
          else if (std::exchange(square, &child) || term.inverse[i])
            return false;
        }
        return all_above(scale, 0) && square && residuals(*square, scale, loop, list);
      }
      case Term::kPower: {
        if (!is_constant(term.children[1])) return false;
        const Operand exponent = built(term.children[1]);
        const double half = exponent.numbers[0] / 2;
        if (exponent.loop || half < 1 || half != std::floor(half)) return false;
        return add_residual(root_times(factor, on_.power(built(term.children[0]), on_.number(half))), loop, list);
      }
      case Term::kLoop: {
        if (term.name != "sum") return false;
        const Loop* inner = open(term, loop);
        const bool squares = inner->rows() == 0 || residuals(term.children[2], factor, inner, list);
        loops_.erase(term.index);
        return squares;
      }
      default: return false;
    }
  }
  bool add_residual(const Operand& residual, const Loop* loop, std::vector<Operand>& list) {
    list.push_back(on_.lifted(residual, loop));
    return true;
  }

  void joined(const std::vector<Operand>& squares) {
    std::vector<Value> parts;
    for (const Operand& square : squares) {
      const Value r = on_.value_of(square);
      parts.push_back(reshape(r, {r.size()}));
    }
    if (parts.empty()) return;
    function_.residuals = (parts.size() == 1 ? parts[0] : concat(parts, 0)).id();
    function_.fn.output("residuals", {on_.graph(), function_.residuals});
  }

  std::string_view text_;
  const Constants& constants_;
  VariablePlaces& places_;
  FunctionGraph function_;
  Operands on_;
  std::map<std::string, const Loop*, std::less<>> loops_;
  std::map<std::string, Value, std::less<>> vectors_;
};

}  // namespace

FunctionGraph build(const Term& formula, std::string_view text, const Constants& constants, VariablePlaces& places) {
  return Builder(text, constants, places).run(formula);
}

}  // namespace limn
