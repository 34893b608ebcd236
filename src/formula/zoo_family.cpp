// The classical problems of any dimension. Functions and starts: More, Garbow and Hillstrom 1981; the chained
// Rosenbrock function: Toint 1978.
#include <cmath>

#include "formula/zoo_table.hpp"

namespace limn {
namespace {

std::vector<double> repeated(std::vector<double> period, std::int64_t n) {
  std::vector<double> x;
  for (std::int64_t i = 0; i < n; ++i) x.push_back(period[static_cast<std::size_t>(i) % period.size()]);
  return x;
}
std::vector<double> each_of(std::int64_t n, double (*start)(double i, double n)) {
  std::vector<double> x;
  for (std::int64_t i = 1; i <= n; ++i) x.push_back(start(static_cast<double>(i), static_cast<double>(n)));
  return x;
}

Problem problem(std::int64_t n, std::string formula, std::vector<double> start, std::vector<Minimum> minima,
                int number) {
  return {"",
          "classical",
          std::move(formula),
          {{"n", {static_cast<double>(n)}}},
          std::move(start),
          std::move(minima),
          "More, Garbow and Hillstrom 1981, problem " + std::to_string(number)};
}

// What is known of the minima for this n. Values are published; places, and some local minima, by Newton's method here.
struct Known {
  std::int64_t n;
  std::vector<Minimum> minima;
};
std::vector<Minimum> known(std::int64_t n, std::initializer_list<Known> table, std::vector<Minimum> otherwise = {}) {
  for (const Known& row : table)
    if (row.n == n) return row.minima;
  return otherwise;
}

Problem watson(std::int64_t n) {
  return problem(n,
                 "x[1]^2 + (x[2] - x[1]^2 - 1)^2 + sum(i=1..29, (sum(j=2..n, (j-1)*x[j]*(i/29)^(j-2)) - "
                 "sum(j=1..n, x[j]*(i/29)^(j-1))^2 - 1)^2)",
                 repeated({0}, n),
                 known(n, {{6,
                            {{2.28767005355e-3,
                              true,
                              {-0.015725086401458185, 1.0124348693691096, -0.23299162595673609, 1.2604300877996049,
                               -1.5137289227222761, 0.99299643243113345}}}},
                           {9,
                            {{1.3997601381022e-6,
                              true,
                              {-1.5307036521360078e-05, 0.99978970393194877, 0.014763963693540024, 0.14634232829955487,
                               1.0008211030037852, -2.6177311405167756, 4.1044031644759755, -3.1436122785545675,
                               1.0526264080096812}}}},
                           {12, {{4.72238e-10}}}}),
                 20);
}
Problem penalty1(std::int64_t n) {
  return problem(n, "1e-5*sum(i=1..n, (x[i] - 1)^2) + (sum(i=1..n, x[i]^2) - 1/4)^2",
                 each_of(n, [](double i, double) { return i; }),
                 known(n, {{4, {{2.24997750089994e-5, true, repeated({0.25000749958753782}, n)}}},
                           {10, {{7.08765146709037e-5, true, repeated({0.15812230111311631}, n)}}}}),
                 23);
}
Problem penalty2(std::int64_t n) {
  return problem(n,
                 "(x[1] - 1/5)^2 + 1e-5*sum(i=2..n, (exp(x[i]/10) + exp(x[i-1]/10) - exp(i/10) - exp((i-1)/10))^2 + "
                 "(exp(x[i]/10) - exp(-1/10))^2) + (sum(i=1..n, (n-i+1)*x[i]^2) - 1)^2",
                 repeated({0.5}, n),
                 known(n, {{4,
                            {{9.37629300735544e-6,
                              true,
                              {0.19999933335038039, 0.19131670099277251, 0.48010148533262326, 0.51884540439020044}}}},
                           {10,
                            {{2.93660537456746e-4,
                              true,
                              {0.19998360519782363, 0.010350648471292299, 0.019604934480438398, 0.032089067220685642,
                               0.04993267739964128, 0.076513995153993611, 0.11862407286950417, 0.19214487233557664,
                               0.34732058694184353, 0.36916437415935077}}}}}),
                 24);
}
Problem variably_dim(std::int64_t n) {
  return problem(n, "sum(i=1..n, (x[i] - 1)^2) + sum(i=1..n, i*(x[i] - 1))^2 + sum(i=1..n, i*(x[i] - 1))^4",
                 each_of(n, [](double i, double size) { return 1 - i / size; }), {{0, true, repeated({1}, n)}}, 25);
}
Problem trigonometric(std::int64_t n) {
  Problem p = problem(n, "sum(i=1..n, (n - sum(j=1..n, cos(x[j])) + i*(1 - cos(x[i])) - sin(x[i]))^2)",
                      repeated({1 / static_cast<double>(n)}, n), {{0, true, repeated({0}, n)}}, 26);
  if (n == 10) {
    p.minima.push_back(
        {2.79505612187842e-05,
         false,
         {0.055150903980690807, 0.056840616794737987, 0.058764001762694529, 0.060990608656760474, 0.063626213695853612,
          0.066843179452757751, 0.20816151856988277, 0.16436309588565071, 0.085006895688504946, 0.091431450714708096}});
    p.minima.push_back({4.2186338879211e-05,
                        false,
                        {0.053912925374252373, 0.055496591379669086, 0.05728588093208508, 0.059336645443647126,
                         0.061730127154341986, 0.25788600359636243, 0.068114182119553363, 0.072622931094130275,
                         0.078461599252090203, 0.083753864086696314}});
    p.minima.push_back({8.7882252182186e-04,
                        false,
                        {0.062491845180528631, 0.064472882809216897, 0.066705941320033407, 0.069244555698564525,
                         0.27539756419528522, 0.07544566779667515, 0.079030159756534477, 0.082273263223198487,
                         0.083639278893990726, 0.082088848270078743}});
  }
  return p;
}
Problem chebyquad(std::int64_t n) {
  // The Chebyshev polynomial T_i of 2x - 1 by its roots.
  std::vector<Minimum> minima = known(
      n,
      {{8,
        {{3.51687372567789e-3,
          true,
          {0.043152760151016656, 0.19309084038418617, 0.26632870689027283, 0.5, 0.5, 0.73367129310972667,
           0.80690915961581389, 0.95684723984898323}}}},
       {10,
        {{4.77271369637529e-3,
          true,
          {0.71356584741599982, 0.82848182305190754, 0.92525183378539777, 0.38326166496125508, 0.38326166496125508,
           0.64035354937106637, 0.52924947713340675, 0.20018919846138611, 0.15514535775907345, 0.032993373018074458}},
         {6.50395480088225e-3,
          false,
          {0.059619900535812946, 0.16670828183586164, 0.23917065894260883, 0.39888429230604483, 0.39888429230604483,
           0.60111570769395584, 0.60111570769395584, 0.76082934105739197, 0.83329171816413905, 0.94038009946418777}},
         {9.50062885022162e-3,
          false,
          {0.61488439258973115, 0.79231598595506858, 0.61488439258973115, 0.86820171154005088, 0.38511560741026829,
           0.38511560741026829, 0.13179828845994859, 0.97288506216410175, 0.027114937835897697,
           0.20768401404493064}}}}});
  if (n <= 7 || n == 9) minima = {{0}};
  return problem(n,
                 "sum(i=1..n, (sum(j=1..n, 2^(i-1)*prod(k=1..i, 2*x[j] - 1 - cos((2*k-1)*pi/(2*i))))/n + "
                 "where(mod(i, 2) == 0, 1/(i^2-1), 0))^2)",
                 each_of(n, [](double i, double size) { return i / (size + 1); }), std::move(minima), 35);
}
Problem broyden_tridiag(std::int64_t n) {
  return problem(n,
                 "((3 - 2*x[1])*x[1] - 2*x[2] + 1)^2 + sum(i=2..n-1, ((3 - 2*x[i])*x[i] - x[i-1] - 2*x[i+1] + 1)^2) + "
                 "((3 - 2*x[n])*x[n] - x[n-1] + 1)^2",
                 repeated({-1}, n),
                 known(n,
                       {{10,
                         {{0,
                           true,
                           {-0.57072213201122468, -0.68180694998427516, -0.70221007601766006, -0.70551062989508051,
                            -0.70490615572874371, -0.70149660702985117, -0.69188932235479828, -0.66579651440585375,
                            -0.59603510902636569, -0.41641225752869337}},
                          {0.397079352017833,
                           false,
                           {-0.56891870352768659, -0.67704191330886543, -0.68946482728665948, -0.67090777235781185,
                            -0.61104535182626696, -0.45076610744330231, -0.054942218343033949, 0.72315688829718849,
                            1.3194053308085905, 0.23499978746513348}}}}},
                       {{0}}),
                 30);
}
Problem discrete_bv(std::int64_t n) {
  Problem p = problem(n,
                      "(2*x[1] - x[2] + h^2*(x[1] + h + 1)^3/2)^2 + "
                      "sum(i=2..n-1, (2*x[i] - x[i-1] - x[i+1] + h^2*(x[i] + i*h + 1)^3/2)^2) + "
                      "(2*x[n] - x[n-1] + h^2*(x[n] + n*h + 1)^3/2)^2",
                      each_of(n, [](double i, double size) { return i / (size + 1) * (i / (size + 1) - 1); }),
                      known(n,
                            {{10,
                              {{0,
                                true,
                                {-0.043164982518764862, -0.081577156535386858, -0.11448571438052926,
                                 -0.14097357686259662, -0.15990869618198311, -0.16987720231277489, -0.16908998378120835,
                                 -0.15524953522183182, -0.12535589167893499, -0.075416533685892087}}}}},
                            {{0}}),
                      28);
  p.constants["h"] = {1 / static_cast<double>(n + 1)};
  return p;
}
Problem ext_rosenbrock(std::int64_t n) {
  return problem(n, "sum(i=1..n/2, 100*(x[2*i] - x[2*i-1]^2)^2 + (1 - x[2*i-1])^2)", repeated({-1.2, 1}, n),
                 {{0, true, repeated({1}, n)}}, 21);
}
Problem ext_powell_sing(std::int64_t n) {
  return problem(n,
                 "sum(i=1..n/4, (x[4*i-3] + 10*x[4*i-2])^2 + 5*(x[4*i-1] - x[4*i])^2 + (x[4*i-2] - 2*x[4*i-1])^4 + "
                 "10*(x[4*i-3] - x[4*i])^4)",
                 repeated({3, -1, 0, 1}, n), {{0, true, repeated({0}, n)}}, 22);
}
Problem chained_rosen(std::int64_t n) {
  Problem p = problem(n, "sum(i=1..n-1, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)",
                      n == 5 ? std::vector<double>{1.3, 0.7, 0.8, 1.9, 1.2} : repeated({-1.2, 1}, n),
                      {{0, true, repeated({1}, n)}}, 0);
  p.source = "Toint 1978";
  return p;
}
Problem separable_quadratic(std::int64_t n) {
  Problem p = problem(n, "sum(i=1..n, k^((i-1)/(n-1))*x[i]^2)/2", repeated({1}, n), {{0, true, repeated({0}, n)}}, 0);
  p.family = "quadratic", p.source = "eigenvalues from 1 to k along the axes", p.constants["k"] = {1000};
  return p;
}
Problem noisy_quadratic(std::int64_t n) {
  Problem p = separable_quadratic(n);
  p.family = "noisy", p.noise = 0.1, p.constants["k"] = {100};
  return p;
}

constexpr std::int64_t kMost = 100'000;
constexpr ProblemFamily kFamilies[] = {
    {"watson", 2, 31, 1, watson},
    {"penalty1-", 1, kMost, 1, penalty1},
    {"penalty2-", 2, 1000, 1, penalty2},
    {"variably-dim", 1, kMost, 1, variably_dim},
    {"trigonometric", 1, kMost, 1, trigonometric},
    {"chebyquad", 1, 60, 1, chebyquad},
    {"broyden-tridiag", 2, kMost, 1, broyden_tridiag},
    {"discrete-bv", 2, kMost, 1, discrete_bv},
    {"ext-rosenbrock", 2, kMost, 2, ext_rosenbrock},
    {"ext-powell-sing", 4, kMost, 4, ext_powell_sing},
    {"chained-rosen", 2, kMost, 1, chained_rosen},
    {"quadratic", 2, kMost, 1, separable_quadratic},
    {"noisy-quadratic", 2, kMost, 1, noisy_quadratic},
};

}  // namespace

std::span<const ProblemFamily> problem_families() { return kFamilies; }

}  // namespace limn
