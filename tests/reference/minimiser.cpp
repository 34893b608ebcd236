// Answers minimiser_test.py: the points of a minimiser that is given the lengths of its steps, on the
// chained Rosenbrock function with walls a tenth as steep. Input: lines "name words..."; output: one line of numbers a
// step.
#include "optim/minimiser.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>

namespace {

using namespace limn;

class Chained : public Objective<double> {
 public:
  explicit Chained(std::int64_t n) : n_(n) {}
  std::int64_t dimension() const override { return n_; }
  double value(std::span<const double> x) override {
    std::vector<double> unused(x.size());
    return value_and_gradient(x, unused);
  }
  double value_and_gradient(std::span<const double> x, std::span<double> g) override {
    double sum = 0;
    for (double& v : g) v = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const double bend = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
      sum += 10 * bend * bend + rest * rest;
      g[i] += -40 * x[i] * bend - 2 * rest;
      g[i + 1] += 20 * bend;
    }
    return sum;
  }

 private:
  std::int64_t n_;
};

}  // namespace

int main() try {
  std::map<std::string, std::vector<std::string>> question;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    for (std::string word; words >> word;) question[name].push_back(word);
  }
  const auto numbers = [&](const std::string& name) {
    std::vector<double> list;
    for (const std::string& word : question[name]) list.push_back(std::strtod(word.c_str(), nullptr));
    return list;
  };
  std::vector<double> x = numbers("start");
  Chained objective(static_cast<std::int64_t>(x.size()));
  MinimiserOptions options;
  options.method = question.at("method").at(0);
  options.search.kind = Search::kFixed, options.search.fixed = numbers("lengths");
  options.stop.gradient_tolerance = 0;
  options.beta = "pr+";
  const auto minimiser = make_minimiser<double>(options, objective, x);
  for (std::size_t k = 0; k < options.search.fixed.size(); ++k) {
    minimiser->step(objective);
    std::string line;
    for (const double v : x) line += fmt::format("{:a} ", v);
    std::cout << line << '\n';
  }
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
