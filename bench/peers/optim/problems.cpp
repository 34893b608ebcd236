// Sources: More, Garbow and Hillstrom, "Testing unconstrained optimization software", ACM TOMS 7 (1981), with its
// starting points and numbers, unless a line says otherwise. Gulf's y is theirs without the misprint of the exponent.
#include "problems.hpp"

#include <algorithm>
#include <complex>

namespace {

using std::exp, std::sin, std::cos, std::atan, std::sqrt, std::pow;

constexpr double kPi = 3.14159265358979323846;

using Complex = std::complex<double>;
using Point = std::vector<Complex>;
using Function = Complex (*)(const Point&);

double number(auto whole) { return static_cast<double>(whole); }
Complex squared(Complex a) { return a * a; }

std::vector<double> repeated(const std::vector<double>& pattern, std::size_t n) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = pattern[i % pattern.size()];
  return x;
}

template <class At>  // At: the component of index i = 1..n
std::vector<double> filled(std::size_t n, At at) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = at(number(i + 1));
  return x;
}

// The imaginary part of f(x + i h e) / h is the derivative along e, and nothing cancels: h may be tiny.
// Squire and Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40 (1998).
Problem make(std::string name, std::vector<double> start, double least, Function function) {
  constexpr double kStep = 1e-30;
  const std::size_t n = start.size();
  return {std::move(name), std::move(start), least, [=](const double* x) { return function(Point(x, x + n)).real(); },
          [=](const double* x, double* gradient) {
            Point at(x, x + n);
            for (std::size_t i = 0; i < n; ++i) {
              at[i].imag(kStep);
              gradient[i] = function(at).imag() / kStep;
              at[i].imag(0);
            }
          }};
}

// The sum of the squares of residual(i), i = 1..m.
template <class Residual>
Complex squares(int m, Residual residual) {
  Complex sum = 0;
  for (int i = 1; i <= m; ++i) sum += squared(residual(i));
  return sum;
}

void add_two_and_three(std::vector<Problem>& list) {
  list.push_back(make("rosenbrock", {-1.2, 1}, 0,
                      [](const Point& x) { return squared(10.0 * (x[1] - x[0] * x[0])) + squared(1.0 - x[0]); }));
  list.push_back(make("freudenstein-roth", {0.5, -2}, 0, [](const Point& x) {
    return squared(x[0] - 13.0 + ((5.0 - x[1]) * x[1] - 2.0) * x[1]) +
           squared(x[0] - 29.0 + ((x[1] + 1.0) * x[1] - 14.0) * x[1]);
  }));
  list.push_back(make("powell-badly-scaled", {0, 1}, 0, [](const Point& x) {
    return squared(1e4 * x[0] * x[1] - 1.0) + squared(exp(-x[0]) + exp(-x[1]) - 1.0001);
  }));
  list.push_back(make("brown-badly-scaled", {1, 1}, 0, [](const Point& x) {
    return squared(x[0] - 1e6) + squared(x[1] - 2e-6) + squared(x[0] * x[1] - 2.0);
  }));
  list.push_back(make("beale", {1, 1}, 0, [](const Point& x) {
    return squared(1.5 - x[0] * (1.0 - x[1])) + squared(2.25 - x[0] * (1.0 - x[1] * x[1])) +
           squared(2.625 - x[0] * (1.0 - x[1] * x[1] * x[1]));
  }));
  // Himmelblau, "Applied Nonlinear Programming", 1972: four minima, all zero.
  list.push_back(make("himmelblau", {0, 0}, 0, [](const Point& x) {
    return squared(x[0] * x[0] + x[1] - 11.0) + squared(x[0] + x[1] * x[1] - 7.0);
  }));
  list.push_back(make("jennrich-sampson", {0.3, 0.4}, 124.362182355615, [](const Point& x) {
    return squares(10, [&](double i) { return 2.0 + 2.0 * i - (exp(i * x[0]) + exp(i * x[1])); });
  }));
  list.push_back(make("helical-valley", {-1, 0, 0}, 0, [](const Point& x) {
    Complex turn = atan(x[1] / x[0]) / (2.0 * kPi);
    if (x[0].real() < 0) turn += 0.5;
    return squared(10.0 * (x[2] - 10.0 * turn)) + squared(10.0 * (sqrt(x[0] * x[0] + x[1] * x[1]) - 1.0)) +
           squared(x[2]);
  }));
  list.push_back(make("bard", {1, 1, 1}, 8.21487730657899e-3, [](const Point& x) {
    static constexpr double kY[] = {.14, .18, .22, .25, .29, .32, .35, .39, .37, .58, .73, .96, 1.34, 2.10, 4.39};
    return squares(15, [&](int i) {
      const double u = i, v = 16 - i, w = std::min(u, v);
      return kY[i - 1] - (x[0] + u / (v * x[1] + w * x[2]));
    });
  }));
  list.push_back(make("gaussian", {0.4, 1, 0}, 1.12793276961871e-8, [](const Point& x) {
    static constexpr double kY[] = {.0009, .0044, .0175, .0540, .1295, .2420, .3521, .3989,
                                    .3521, .2420, .1295, .0540, .0175, .0044, .0009};
    return squares(15, [&](int i) {
      const double t = (8.0 - i) / 2.0;
      return x[0] * exp(-x[1] * squared(t - x[2]) / 2.0) - kY[i - 1];
    });
  }));
  list.push_back(make("gulf", {5, 2.5, 0.15}, 0, [](const Point& x) {
    return squares(99, [&](int i) {
      const double t = i / 100.0, y = 25.0 + pow(-50.0 * std::log(t), 2.0 / 3);
      Complex distance = y - x[1];
      if (distance.real() < 0) distance = -distance;
      return exp(-pow(distance, x[2]) / x[0]) - t;
    });
  }));
  list.push_back(make("box3d", {0, 10, 20}, 0, [](const Point& x) {
    return squares(10, [&](int i) {
      const double t = 0.1 * i;
      return exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (exp(-t) - exp(-10.0 * t));
    });
  }));
}

void add_four_to_six(std::vector<Problem>& list) {
  const auto powell_singular = [](const Point& x) {
    Complex sum = 0;
    for (std::size_t i = 0; i < x.size(); i += 4)
      sum += squared(x[i] + 10.0 * x[i + 1]) + 5.0 * squared(x[i + 2] - x[i + 3]) +
             squared(squared(x[i + 1] - 2.0 * x[i + 2])) + 10.0 * squared(squared(x[i] - x[i + 3]));
    return sum;
  };
  list.push_back(make("powell-singular", {3, -1, 0, 1}, 0, powell_singular));
  list.push_back(make("wood", {-3, -1, -3, -1}, 0, [](const Point& x) {
    return squared(10.0 * (x[1] - x[0] * x[0])) + squared(1.0 - x[0]) + 90.0 * squared(x[3] - x[2] * x[2]) +
           squared(1.0 - x[2]) + 10.0 * squared(x[1] + x[3] - 2.0) + 0.1 * squared(x[1] - x[3]);
  }));
  list.push_back(make("kowalik-osborne", {.25, .39, .415, .39}, 3.07505603849238e-4, [](const Point& x) {
    static constexpr double kY[] = {.1957, .1947, .1735, .1600, .0844, .0627, .0456, .0342, .0323, .0235, .0246};
    static constexpr double kU[] = {4, 2, 1, .5, .25, .167, .125, .1, .0833, .0714, .0625};
    return squares(11, [&](int i) {
      const double u = kU[i - 1];
      return kY[i - 1] - x[0] * (u * u + u * x[1]) / (u * u + u * x[2] + x[3]);
    });
  }));
  list.push_back(make("brown-dennis", {25, 5, -5, -1}, 85822.2016263563, [](const Point& x) {
    return squares(20, [&](int i) {
      const double t = i / 5.0;
      return squared(x[0] + t * x[1] - exp(t)) + squared(x[2] + x[3] * sin(t) - cos(t));
    });
  }));
  list.push_back(make("osborne1", {.5, 1.5, -1, .01, .02}, 5.46489469748e-5, [](const Point& x) {
    static constexpr double kY[] = {.844, .908, .932, .936, .925, .908, .881, .850, .818, .784, .751,
                                    .718, .685, .658, .628, .603, .580, .558, .538, .522, .506, .490,
                                    .478, .467, .457, .448, .438, .431, .424, .420, .414, .411, .406};
    return squares(33, [&](int i) {
      const double t = 10.0 * (i - 1);
      return kY[i - 1] - (x[0] + x[1] * exp(-t * x[3]) + x[2] * exp(-t * x[4]));
    });
  }));
  list.push_back(make("biggs-exp6", {1, 2, 1, 1, 1, 1}, 0, [](const Point& x) {
    return squares(13, [&](int i) {
      const double t = 0.1 * i, y = exp(-t) - 5.0 * exp(-10.0 * t) + 3.0 * exp(-4.0 * t);
      return x[2] * exp(-t * x[0]) - x[3] * exp(-t * x[1]) + x[5] * exp(-t * x[4]) - y;
    });
  }));
  list.push_back(make("ext-powell-sing100", repeated({3, -1, 0, 1}, 100), 0, powell_singular));
}

// Of any dimension.
void add_variable(std::vector<Problem>& list) {
  const auto watson = [](const Point& x) {
    const Complex sum = squares(29, [&](int i) {
      const double t = i / 29.0;
      Complex polynomial = 0, derivative = 0;
      double power = 1;  // t^j
      for (std::size_t j = 0; j < x.size(); ++j, power *= t) {
        polynomial += x[j] * power;
        if (j + 1 < x.size()) derivative += number(j + 1) * x[j + 1] * power;
      }
      return derivative - squared(polynomial) - 1.0;
    });
    return sum + (squared(x[0]) + squared(x[1] - x[0] * x[0] - 1.0));
  };
  list.push_back(make("watson6", std::vector<double>(6, 0), 2.28767005355e-3, watson));
  list.push_back(make("watson9", std::vector<double>(9, 0), 1.39976013e-6, watson));
  list.push_back(make("penalty1-10", filled(10, [](double i) { return i; }), 7.08765146709e-5, [](const Point& x) {
    Complex sum = 0, length = 0;
    for (const Complex c : x) sum += 1e-5 * squared(c - 1.0), length += c * c;
    return sum + squared(length - 0.25);
  }));
  list.push_back(make("penalty2-10", std::vector<double>(10, 0.5), 2.93660537e-4, [](const Point& x) {
    const std::size_t n = x.size();
    const double root = sqrt(1e-5);
    Complex sum = squared(x[0] - 0.2), length = number(n) * x[0] * x[0];
    for (std::size_t i = 2; i <= n; ++i) {
      const double y = exp(number(i) / 10.0) + exp(number(i - 1) / 10.0);
      sum += squared(root * (exp(x[i - 1] / 10.0) + exp(x[i - 2] / 10.0) - y));
      sum += squared(root * (exp(x[i - 1] / 10.0) - exp(-0.1)));
      length += number(n - i + 1) * x[i - 1] * x[i - 1];
    }
    return sum + squared(length - 1.0);
  }));
  list.push_back(make("variably-dim10", filled(10, [](double i) { return 1 - i / 10; }), 0, [](const Point& x) {
    Complex sum = 0, slant = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += squared(x[i] - 1.0), slant += number(i + 1) * (x[i] - 1.0);
    return sum + squared(slant) + squared(squared(slant));
  }));
  list.push_back(make("trigonometric10", std::vector<double>(10, 0.1), 0, [](const Point& x) {
    const auto n = number(x.size());
    Complex cosines = 0;
    for (const Complex c : x) cosines += cos(c);
    return squares(static_cast<int>(x.size()),
                   [&](int i) { return n - cosines + number(i) * (1.0 - cos(x[i - 1])) - sin(x[i - 1]); });
  }));
  const auto chebyquad = [](const Point& x) {
    const std::size_t n = x.size();
    Point before(n, 1.0), now(n);  // shifted Chebyshev polynomials of degree i - 1 and i, at each component
    for (std::size_t j = 0; j < n; ++j) now[j] = 2.0 * x[j] - 1.0;
    return squares(static_cast<int>(n), [&](int i) {
      Complex mean = 0;
      for (std::size_t j = 0; j < n; ++j) {
        mean += now[j];
        const Complex next = 2.0 * (2.0 * x[j] - 1.0) * now[j] - before[j];
        before[j] = now[j], now[j] = next;
      }
      mean = mean / number(n);
      return i % 2 ? mean : mean + 1.0 / number(i * i - 1);
    });
  };
  list.push_back(make("chebyquad8", filled(8, [](double j) { return j / 9; }), 3.51687372568e-3, chebyquad));
  // The paper's least value for ten, 6.50395e-3, is a local one.
  list.push_back(make("chebyquad10", filled(10, [](double j) { return j / 11; }), 4.772713696e-3, chebyquad));
  list.push_back(make("broyden-tridiag10", std::vector<double>(10, -1), 0, [](const Point& x) {
    return squares(static_cast<int>(x.size()), [&](int i) {
      Complex r = (3.0 - 2.0 * x[i - 1]) * x[i - 1] + 1.0;
      if (i > 1) r -= x[i - 2];
      if (i < static_cast<int>(x.size())) r -= 2.0 * x[i];
      return r;
    });
  }));
  list.push_back(
      make("discrete-bv10", filled(10, [](double i) { return i / 11 * (i / 11 - 1); }), 0, [](const Point& x) {
        const int n = static_cast<int>(x.size());
        const double h = 1.0 / number(n + 1);
        return squares(n, [&](int i) {
          const Complex c = x[i - 1] + i * h + 1.0;
          Complex r = 2.0 * x[i - 1] + h * h * (c * c * c) / 2.0;
          if (i > 1) r -= x[i - 2];
          if (i < n) r -= x[i];
          return r;
        });
      }));
  list.push_back(make("ext-rosenbrock100", repeated({-1.2, 1}, 100), 0, [](const Point& x) {
    Complex sum = 0;
    for (std::size_t i = 0; i < x.size(); i += 2) sum += squared(10.0 * (x[i + 1] - x[i] * x[i])) + squared(1.0 - x[i]);
    return sum;
  }));
  // The form that chains every component to its neighbour, from SciPy's tutorial start.
  list.push_back(make("chained-rosen5", {1.3, 0.7, 0.8, 1.9, 1.2}, 0, [](const Point& x) {
    Complex sum = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) sum += 100.0 * squared(x[i + 1] - x[i] * x[i]) + squared(1.0 - x[i]);
    return sum;
  }));
}

}  // namespace

const std::vector<Problem>& problems() {
  static const std::vector<Problem> list = [] {
    std::vector<Problem> all;
    add_two_and_three(all);
    add_four_to_six(all);
    add_variable(all);
    return all;
  }();
  return list;
}

// For callers from other languages: the problem at `index` of the list.
extern "C" {
int problem_count() { return static_cast<int>(problems().size()); }
const char* problem_name(int index) { return problems()[index].name.c_str(); }
int problem_dimension(int index) { return problems()[index].dimension(); }
double problem_least(int index) { return problems()[index].least; }
const double* problem_start(int index) { return problems()[index].start.data(); }
double problem_value(int index, const double* x) { return problems()[index].value(x); }
void problem_gradient(int index, const double* x, double* gradient) { problems()[index].gradient(x, gradient); }
}
