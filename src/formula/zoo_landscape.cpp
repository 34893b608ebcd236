// Functions of two variables that are good to look at, and saddles. Minima in closed form or to ten digits; where a
// function has too many, the lowest ones.
#include <cmath>
#include <numbers>

#include "formula/zoo_table.hpp"

namespace limn {
namespace {

using std::numbers::pi;

Problem seen(std::string name, std::string formula, std::vector<double> start, std::vector<Minimum> minima,
             std::array<double, 4> window, std::string source, std::string family = "landscape",
             Constants constants = {}) {
  return {std::move(name),  std::move(family), std::move(formula), std::move(constants),
          std::move(start), std::move(minima), std::move(source),  window};
}

Problem noisy(Problem p, std::string name, double noise) {
  p.name = std::move(name), p.family = "noisy", p.noise = noise;
  return p;
}

}  // namespace

std::vector<Problem> landscapes() {
  const double tang = -78.3323314075428;
  std::vector<Problem> list{
      seen("booth", "(x + 2*y - 7)^2 + (2*x + y - 5)^2", {-5, -5}, {{0, true, {1, 3}}}, {-10, 10, -10, 10}, "Booth"),
      seen("matyas", "0.26*(x^2 + y^2) - 0.48*x*y", {-8, 6}, {{0, true, {0, 0}}}, {-10, 10, -10, 10}, "Matyas 1965"),
      seen("three-hump-camel", "2*x^2 - 1.05*x^4 + x^6/6 + x*y + y^2", {-1.9, 1.5},
           {{0, true, {0, 0}}, {0.298638442236861, false, {-1.7475523458302891, 0.87377617291514453}}},
           {-2.5, 2.5, -2.5, 2.5}, "Branin 1972"),
      seen("six-hump-camel", "(4 - 2.1*x^2 + x^4/3)*x^2 + x*y + (4*y^2 - 4)*y^2", {-1.8, -0.2},
           {{-1.031628453489877, true, {-0.089842013100318072, 0.71265640302073963}},
            {-0.215463824383720, false, {-1.7036067149699807, 0.79608356867262509}},
            {2.104250310311259, false, {-1.6071047529201969, -0.56865145488413138}}},
           {-2.2, 2.2, -1.2, 1.2}, "Branin 1972"),
      seen("goldstein-price",
           "(1 + (x + y + 1)^2*(19 - 14*x + 3*x^2 - 14*y + 6*x*y + 3*y^2))*"
           "(30 + (2*x - 3*y)^2*(18 - 32*x + 12*x^2 + 48*y - 36*x*y + 27*y^2))",
           {-1.5, 1},
           {{3, true, {0, -1}}, {30, false, {-0.6, -0.4}}, {84, false, {1.8, 0.2}}, {840, false, {1.2, 0.8}}},
           {-2, 2, -2, 2}, "Goldstein and Price 1971"),
      seen("styblinski-tang", "(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2", {0.5, 0.5},
           {{tang, true, {-2.903534027771177, -2.903534027771177}},
            {-64.1956123590554, false, {2.7468027709908371, -2.903534027771177}},
            {-50.0588933105679, false, {2.7468027709908371, 2.7468027709908371}}},
           {-5, 5, -5, 5}, "Styblinski and Tang 1990"),
      seen("rastrigin", "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)", {3.3, -2.2}, {{0, true, {0, 0}}},
           {-5.12, 5.12, -5.12, 5.12}, "Rastrigin 1974"),
      seen("ackley", "20 + e - 20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2)", {2.6, -1.4},
           {{0, true, {0, 0}}}, {-5, 5, -5, 5}, "Ackley 1987"),
      seen("griewank", "1 + (x^2 + y^2)/4000 - cos(x)*cos(y/sqrt(2))", {-7, 6}, {{0, true, {0, 0}}}, {-10, 10, -10, 10},
           "Griewank 1981"),
      seen("easom", "-cos(x)*cos(y)*exp(-(x - pi)^2 - (y - pi)^2)", {2, 2}, {{-1, true, {pi, pi}}}, {-1, 7, -1, 7},
           "Easom 1990"),
      seen("mccormick", "sin(x + y) + (x - y)^2 - 1.5*x + 2.5*y + 1", {2, 3},
           {{-1.913222954981037, true, {0.5 - pi / 3, -0.5 - pi / 3}},
            {1.22836969860876, false, {2.5943951023931957, 1.5943951023931955}}},
           {-1.5, 4, -3, 4}, "McCormick 1976; the lowest in the window"),
      seen("levi", "sin(3*pi*x)^2 + (x - 1)^2*(1 + sin(3*pi*y)^2) + (y - 1)^2*(1 + sin(2*pi*y)^2)", {-3, 4},
           {{0, true, {1, 1}}}, {-5, 5, -5, 5}, "Levy and Montalvo 1985"),
      seen("branin", "(y - 5.1*x^2/(4*pi^2) + 5*x/pi - 6)^2 + 10*(1 - 1/(8*pi))*cos(x) + 10", {2.5, 12},
           {{0.397887357729738, true, {-pi, 12.275}}}, {-5, 10, 0, 15}, "Branin 1972"),
      seen("peaks",
           "3*(1 - x)^2*exp(-x^2 - (y + 1)^2) - 10*(x/5 - x^3 - y^5)*exp(-x^2 - y^2) - exp(-(x + 1)^2 - y^2)/3", {0, 1},
           {{-6.55113333283584, true, {0.22827892055636914, -1.6255349574999967}},
            {-3.04984940280026, false, {-1.3473962443682108, 0.2045188660970052}},
            {-0.0649358682555268, false, {0.29644555384683208, 0.32019624766683435}}},
           {-3, 3, -3, 3}, "known from MATLAB"),
      seen("double-well", "(x^2 - 1)^2 + y^2", {0.1, 1}, {{0, true, {1, 0}}}, {-2, 2, -2, 2}, "by hand"),
      seen("ellipse", "(x^2 + k*y^2)/2", {-2, 1}, {{0, true, {0, 0}}}, {-3, 3, -3, 3}, "condition k", "quadratic",
           {{"k", {10}}}),
      seen("saddle", "x^2 - y^2 + y^4/2", {1, 1e-3}, {{-0.5, true, {0, 1}}}, {-2, 2, -2, 2}, "by hand", "saddle"),
      seen("saddle-exact", "x^2 - y^2 + y^4/2", {1, 0}, {{-0.5, true, {0, 1}}}, {-2, 2, -2, 2},
           "by hand; the start's gradient leads into the saddle", "saddle"),
      seen("monkey-saddle", "x^3 - 3*x*y^2 + (x^2 + y^2)^2/4", {0.1, 0.02}, {{-6.75, true, {-3, 0}}}, {-5, 5, -5, 5},
           "by hand", "saddle"),
  };
  list.push_back(noisy(list[0], "noisy-booth", 1));
  return list;
}

}  // namespace limn
