#include "formula/syntax.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "formula/function_table.hpp"
#include "formula/token.hpp"

namespace limn {
namespace {

constexpr int kDeepest = 100;
constexpr int kMostTerms = 10'000;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), tokens_(tokens(text)) {}

  Term whole() {
    if (now().kind == Token::kEnd) fail(now(), "there is no formula", "write one like (1-x)^2 + 100*(y-x^2)^2");
    Term term = any();
    if (now().kind != Token::kEnd) unexpected();
    return term;
  }

 private:
  class Level {  // counts nesting, so that no text can exhaust the stack
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kDeepest)
        parser_.fail(parser_.now(), fmt::format("more than {} levels of nesting", kDeepest), "split the formula");
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  const Token& now() const { return tokens_[at_]; }
  const Token& then() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is(std::string_view sign) const { return now().kind == Token::kSign && now().text == sign; }
  bool is_word(std::string_view word) const { return now().kind == Token::kName && now().text == word; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  [[noreturn]] void fail(const Token& at, const std::string& what, const std::string& advice) const {
    throw FormulaError(text_, at.column, what, advice);
  }
  static std::string named(const Token& token) {
    return token.kind == Token::kEnd ? std::string("the end") : token.text;
  }
  void expect(std::string_view sign, const std::string& advice) {
    if (!is(sign)) fail(now(), fmt::format("{} is expected, not {}", sign, named(now())), advice);
    take();
  }
  // Something stands where an operator should.
  [[noreturn]] void unexpected() const {
    if (is(")") || is("]"))
      fail(now(), fmt::format("{} closes nothing", now().text), "leave it out, or open it before");
    if (is("|")) fail(now(), "| closes nothing", "write |x| or abs(x)");
    if (is(",")) fail(now(), "a comma outside of a function's brackets", "decimals are written with a point, 1.5");
    if (is("=")) fail(now(), "= is no operator", "compare with ==; a formula has no left side, as in f = ...");
    if (is("..")) fail(now(), ".. is no operator", "ranges belong into sum(i=1..n, ...) and prod(i=1..n, ...)");
    fail(now(), fmt::format("an operator is expected before {}", named(now())), "write * for a product, as in x*y");
  }

  Term make(Term::Kind kind, std::int64_t column, std::string name = {}) {
    if (++terms_ > kMostTerms)
      fail(now(), fmt::format("more than {} terms", kMostTerms), "sum(i=1..n, ...) and lists make it shorter");
    Term term;
    term.kind = kind, term.column = column, term.name = std::move(name);
    return term;
  }

  Term any() {
    const Level level(*this);
    return chain("or", [&] { return chain("and", [&] { return comparison(); }); });
  }
  template <class Part>
  Term chain(std::string_view word, Part part) {
    Term first = part();
    if (!is_word(word)) return first;
    Term term = make(Term::kLogic, now().column, std::string(word));
    term.children.push_back(std::move(first));
    while (is_word(word)) take(), term.children.push_back(part());
    return term;
  }

  bool at_comparison() const {
    static constexpr std::array<std::string_view, 6> kComparisons{"<", "<=", ">", ">=", "==", "!="};
    return now().kind == Token::kSign && std::ranges::find(kComparisons, now().text) != kComparisons.end();
  }
  Term comparison() {
    Term first = sum();
    if (!at_comparison()) return first;
    Term term = make(Term::kCompare, now().column, take().text);
    term.children.push_back(std::move(first));
    term.children.push_back(sum());
    if (at_comparison()) fail(now(), "comparisons do not chain", "write 0 < x and x < 1");
    return term;
  }

  Term sum() {
    Term first = product();
    if (!is("+") && !is("-")) return first;
    Term term = make(Term::kSum, first.column);
    term.children.push_back(std::move(first)), term.inverse.push_back(false);
    while (is("+") || is("-")) {
      term.inverse.push_back(take().text == "-");
      term.children.push_back(product());
    }
    return term;
  }

  // What may stand behind a factor without a sign: 2x, 3(x+1), (x+1)(y-1), 2 sin(x), x[1] y. Two names or two numbers
  // may not.
  bool implied() const {
    if (is_word("and") || is_word("or")) return false;
    const Token& before = tokens_[at_ - 1];
    const bool behind_number = before.kind == Token::kNumber, behind_bracket = before.text == ")" || before.text == "]";
    return (behind_number || behind_bracket) && (now().kind == Token::kName || is("(") || (is("|") && bars_ == 0));
  }

  Term product() {
    Term first = unary();
    if (!is("*") && !is("/") && !implied()) return first;
    Term term = make(Term::kProduct, first.column);
    term.children.push_back(std::move(first)), term.inverse.push_back(false);
    for (;;) {
      if (is("*") || is("/")) {
        term.inverse.push_back(take().text == "/");
        term.children.push_back(unary());
      } else if (implied()) {
        if (term.inverse.back())
          fail(now(), "a product without a sign behind a division", "write 1/(2*x) or 1/2*x, whichever is meant");
        term.inverse.push_back(false);
        term.children.push_back(power());
      } else {
        return term;
      }
    }
  }

  Term unary() {
    if (!is("-") && !is("+")) return power();
    const Level level(*this);
    const Token sign = take();
    Term operand = unary();
    if (sign.text == "+") return operand;
    Term term = make(Term::kSum, sign.column);
    term.children.push_back(std::move(operand)), term.inverse.push_back(true);
    return term;
  }

  Term power() {
    Term base = primary();
    if (!is("^")) return base;
    const Level level(*this);
    Term term = make(Term::kPower, take().column);
    term.children.push_back(std::move(base));
    term.children.push_back(unary());  // 2^-x; and to the right first: 2^3^2 = 2^9
    return term;
  }

  Term primary() {
    const Token token = now();
    if (token.kind == Token::kNumber) {
      take();
      Term term = make(Term::kNumber, token.column);
      term.number = token.number;
      if (now().kind == Token::kNumber) unexpected();
      return term;
    }
    if (token.kind == Token::kName && token.text != "and" && token.text != "or") return named_term(take());
    if (is("(")) {
      take();
      const int bars = std::exchange(bars_, 0);
      Term term = any();
      if (is(",")) fail(now(), "a comma in brackets that are no function's", "decimals are written with a point, 1.5");
      if (now().kind == Token::kEnd) fail(token, "( is never closed", "write ) where it ends");
      expect(")", "brackets are closed in the order in which they were opened");
      bars_ = bars;
      return term;
    }
    if (is("|")) {
      take(), ++bars_;
      if (now().kind == Token::kEnd) fail(token, "| is never closed", "write |x| or abs(x)");
      Term term = make(Term::kCall, token.column, "abs");
      term.children.push_back(any());
      if (now().kind == Token::kEnd) fail(token, "| is never closed", "write a second | where it ends, or abs(x)");
      if (!is("|")) unexpected();
      take(), --bars_;
      return term;
    }
    fail(token, fmt::format("a number, a name or ( is expected, not {}", named(token)),
         token.kind == Token::kEnd ? "the formula stops in the middle" : "an operand is missing here");
  }

  Term named_term(const Token& name) {
    const bool function = is_function(name.text), loop = name.text == "sum" || name.text == "prod";
    if (is("(")) {
      if (loop) return loop_term(name);
      if (function) return call(name);
      fail(name, fmt::format("{} is no function", name.text),
           fmt::format("write {}*(...) for a product; functions are {}", name.text, function_names()));
    }
    if (loop)
      fail(now(), fmt::format("{} wants brackets", name.text), fmt::format("write {}(i=1..n, x[i]^2)", name.text));
    if (function)
      fail(now(), fmt::format("the function {} wants brackets", name.text),
           is("^") ? fmt::format("write {}(x)^2", name.text) : fmt::format("write {}(x)", name.text));
    if (!is("[")) return make(Term::kName, name.column, name.text);
    const Token open = take();
    Term term = make(Term::kIndexed, name.column, name.text);
    const int bars = std::exchange(bars_, 0);
    term.children.push_back(any());
    if (now().kind == Token::kEnd) fail(open, "[ is never closed", "write ] behind the index");
    if (is(",")) fail(now(), "one index is wanted", "lists have one index; write x[(i-1)*m + j]");
    expect("]", "an index ends with ]");
    bars_ = bars;
    return term;
  }

  void closed(const Token& open) {
    if (now().kind == Token::kEnd) fail(open, "( is never closed", "write ) where it ends");
    expect(")", "arguments are separated by commas and end with )");
  }

  Term call(const Token& name) {
    const Token open = take();
    Term term = make(Term::kCall, name.column, name.text);
    const int bars = std::exchange(bars_, 0);
    if (!is(")")) {
      term.children.push_back(any());
      while (is(",")) take(), term.children.push_back(any());
    }
    closed(open);
    bars_ = bars;
    if (const std::string wrong = wrong_arguments(name.text, term.children.size()); !wrong.empty())
      fail(name, wrong, fmt::format("write {}", usage(name.text)));
    return term;
  }

  Term loop_term(const Token& name) {
    const std::string advice = fmt::format("write {}(i=1..n, x[i]^2)", name.text);
    const Token open = take();
    Term term = make(Term::kLoop, name.column, name.text);
    const int bars = std::exchange(bars_, 0);
    if (now().kind != Token::kName) fail(now(), fmt::format("an index is expected, not {}", named(now())), advice);
    if (is_function(now().text) || now().text == "sum" || now().text == "prod" || now().text == "pi" ||
        now().text == "and" || now().text == "or")
      fail(now(), fmt::format("{} cannot be an index", now().text), advice);
    term.index = take().text;
    expect("=", advice);
    term.children.push_back(sum());
    expect("..", advice);
    term.children.push_back(sum());
    expect(",", advice);
    term.children.push_back(any());
    closed(open);
    bars_ = bars;
    return term;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0, terms_ = 0;
  int bars_ = 0;  // opened and not yet closed, inside of the innermost brackets
};

}  // namespace

Term parse_syntax(std::string_view text) { return Parser(text).whole(); }

}  // namespace limn
