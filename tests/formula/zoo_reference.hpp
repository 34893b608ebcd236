// The zoo's functions written out in C++, apart from its formulas. On complex numbers: f(x + ih) / h has the exact
// slope (Squire and Trapp 1998). Source of functions and data: More, Garbow and Hillstrom 1981.
#pragma once
#include <complex>
#include <functional>
#include <map>
#include <numbers>
#include <string>
#include <vector>

namespace limn::testing {

using C = std::complex<double>;
using Z = const std::vector<C>&;

constexpr double pi = std::numbers::pi;

inline C sq(C a) { return a * a; }

inline C bard(Z x) {
  const double y[]{.14, .18, .22, .25, .29, .32, .35, .39, .37, .58, .73, .96, 1.34, 2.10, 4.39};
  C sum = 0;
  for (int i = 0; i < 15; ++i) {
    const double u = i + 1, v = 15 - i, w = std::min(u, v);
    sum += sq(y[i] - (x[0] + u / (v * x[1] + w * x[2])));
  }
  return sum;
}
inline C gaussian(Z x) {
  const double y[]{.0009, .0044, .0175, .0540, .1295, .2420, .3521, .3989};
  C sum = 0;
  for (int i = 1; i <= 15; ++i)
    sum += sq(x[0] * std::exp(-x[1] / 2. * sq((8. - i) / 2 - x[2])) - y[i <= 8 ? i - 1 : 15 - i]);
  return sum;
}
inline C gulf(Z x) {
  C sum = 0;
  for (int i = 1; i <= 99; ++i) {
    const double t = i / 100., y = 25 + std::pow(-50 * std::log(t), 2 / 3.);
    C d = y - x[1];
    if (d.real() < 0) d = -d;
    sum += sq(std::exp(-std::pow(d, x[2]) / x[0]) - t);
  }
  return sum;
}
inline C box3d(Z x) {
  C sum = 0;
  for (int i = 1; i <= 10; ++i) {
    const double t = i / 10.;
    sum += sq(std::exp(-t * x[0]) - std::exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
  }
  return sum;
}
inline C kowalik_osborne(Z x) {
  const double y[]{.1957, .1947, .1735, .1600, .0844, .0627, .0456, .0342, .0323, .0235, .0246};
  const double u[]{4, 2, 1, .5, .25, .167, .125, .1, .0833, .0714, .0625};
  C sum = 0;
  for (int i = 0; i < 11; ++i) sum += sq(y[i] - x[0] * u[i] * (u[i] + x[1]) / (u[i] * (u[i] + x[2]) + x[3]));
  return sum;
}
inline C brown_dennis(Z x) {
  C sum = 0;
  for (int i = 1; i <= 20; ++i) {
    const double t = i / 5.;
    sum += sq(sq(x[0] + t * x[1] - std::exp(t)) + sq(x[2] + x[3] * std::sin(t) - std::cos(t)));
  }
  return sum;
}
inline C osborne1(Z x) {
  const double y[]{.844, .908, .932, .936, .925, .908, .881, .850, .818, .784, .751, .718, .685, .658, .628, .603, .580,
                   .558, .538, .522, .506, .490, .478, .467, .457, .448, .438, .431, .424, .420, .414, .411, .406};
  C sum = 0;
  for (int i = 0; i < 33; ++i)
    sum += sq(y[i] - (x[0] + x[1] * std::exp(-10. * i * x[3]) + x[2] * std::exp(-10. * i * x[4])));
  return sum;
}
inline C biggs_exp6(Z x) {
  C sum = 0;
  for (int i = 1; i <= 13; ++i) {
    const double t = i / 10., y = std::exp(-t) - 5 * std::exp(-10 * t) + 3 * std::exp(-4 * t);
    sum += sq(x[2] * std::exp(-t * x[0]) - x[3] * std::exp(-t * x[1]) + x[5] * std::exp(-t * x[4]) - y);
  }
  return sum;
}
inline C watson(Z x) {
  C sum = sq(x[0]) + sq(x[1] - sq(x[0]) - 1.);
  for (int i = 1; i <= 29; ++i) {
    const double t = i / 29.;
    C value = 0, slope = 0;  // of the polynomial, by Horner
    for (std::size_t j = x.size(); j-- > 0;) slope = slope * t + value, value = value * t + x[j];
    sum += sq(slope - sq(value) - 1.);
  }
  return sum;
}
inline C penalty1(Z x) {
  C sum = 0, norm = 0;
  for (const C& v : x) sum += sq(v - 1.), norm += sq(v);
  return 1e-5 * sum + sq(norm - 0.25);
}
inline C penalty2(Z x) {
  const auto n = static_cast<int>(x.size());
  C sum = 0, norm = 0;
  for (int i = 0; i < n; ++i) norm += static_cast<double>(n - i) * sq(x[i]);
  for (int i = 1; i < n; ++i) {
    const double y = std::exp((i + 1) / 10.) + std::exp(i / 10.);
    sum += sq(std::exp(x[i] / 10.) + std::exp(x[i - 1] / 10.) - y) + sq(std::exp(x[i] / 10.) - std::exp(-0.1));
  }
  return sq(x[0] - 0.2) + 1e-5 * sum + sq(norm - 1.);
}
inline C variably_dim(Z x) {
  C sum = 0, weighted = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += sq(x[i] - 1.), weighted += (i + 1.) * (x[i] - 1.);
  return sum + sq(weighted) + sq(sq(weighted));
}
inline C trigonometric(Z x) {
  C cosines = 0, sum = 0;
  for (const C& v : x) cosines += std::cos(v);
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += sq(static_cast<double>(x.size()) - cosines + (i + 1.) * (1. - std::cos(x[i])) - std::sin(x[i]));
  return sum;
}
inline C chebyquad(Z x) {  // T_i by its recurrence
  const auto n = static_cast<double>(x.size());
  std::vector<C> mean(x.size() + 1, 0);
  for (const C& v : x) {
    C before = 1, now = 2. * v - 1.;
    for (std::size_t i = 1; i <= x.size(); ++i) {
      mean[i] += now / n;
      before = std::exchange(now, 2. * (2. * v - 1.) * now - before);
    }
  }
  C sum = 0;
  for (std::size_t i = 1; i <= x.size(); ++i) sum += sq(mean[i] + (i % 2 == 0 ? 1 / (i * i - 1.) : 0.));
  return sum;
}
inline C broyden_tridiag(Z x) {
  C sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const C left = i > 0 ? x[i - 1] : 0, right = i + 1 < x.size() ? x[i + 1] : 0;
    sum += sq((3. - 2. * x[i]) * x[i] - left - 2. * right + 1.);
  }
  return sum;
}
inline C discrete_bv(Z x) {
  const double h = 1 / (x.size() + 1.);
  C sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const C left = i > 0 ? x[i - 1] : 0, right = i + 1 < x.size() ? x[i + 1] : 0, r = x[i] + (i + 1.) * h + 1.;
    sum += sq(2. * x[i] - left - right + h * h * r * r * r / 2.);
  }
  return sum;
}
inline C ext_rosenbrock(Z x) {
  C sum = 0;
  for (std::size_t i = 0; i < x.size(); i += 2) sum += 100. * sq(x[i + 1] - sq(x[i])) + sq(1. - x[i]);
  return sum;
}
inline C ext_powell_sing(Z x) {
  C sum = 0;
  for (std::size_t i = 0; i < x.size(); i += 4)
    sum += sq(x[i] + 10. * x[i + 1]) + 5. * sq(x[i + 2] - x[i + 3]) + sq(sq(x[i + 1] - 2. * x[i + 2])) +
           10. * sq(sq(x[i] - x[i + 3]));
  return sum;
}
inline C chained_rosen(Z x) {
  C sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) sum += 100. * sq(x[i + 1] - sq(x[i])) + sq(1. - x[i]);
  return sum;
}
inline C jennrich_sampson(Z x) {
  C sum = 0;
  for (double i = 1; i <= 10; ++i) sum += sq(2 + 2 * i - std::exp(i * x[0]) - std::exp(i * x[1]));
  return sum;
}
inline C helical_valley(Z x) {
  const C turn = std::atan(x[1] / x[0]) / (2 * pi) + (x[0].real() < 0 ? 0.5 : 0.);
  return 100. * (sq(x[2] - 10. * turn) + sq(std::sqrt(sq(x[0]) + sq(x[1])) - 1.)) + sq(x[2]);
}
inline C wood(Z x) {
  return 100. * sq(x[1] - sq(x[0])) + sq(1. - x[0]) + 90. * sq(x[3] - sq(x[2])) + sq(1. - x[2]) +
         10. * sq(x[1] + x[3] - 2.) + sq(x[1] - x[3]) / 10.;
}
inline C separable(Z x, double condition) {
  C sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::pow(condition, i / (x.size() - 1.)) * sq(x[i]) / 2.;
  return sum;
}
inline C goldstein_price(Z z) {
  const C x = z[0], y = z[1];
  return (1. + sq(x + y + 1.) * (19. - 14. * x + 3. * x * x - 14. * y + 6. * x * y + 3. * y * y)) *
         (30. + sq(2. * x - 3. * y) * (18. - 32. * x + 12. * x * x + 48. * y - 36. * x * y + 27. * y * y));
}

inline std::map<std::string, std::function<C(Z)>> zoo_reference() {
  const auto booth = [](Z x) { return sq(x[0] + 2. * x[1] - 7.) + sq(2. * x[0] + x[1] - 5.); };
  const auto saddle = [](Z x) { return sq(x[0]) - sq(x[1]) + sq(sq(x[1])) / 2.; };
  const auto wave = [](C v) { return sq(std::sin(v)); };
  return {
      {"rosenbrock", ext_rosenbrock},
      {"freudenstein-roth",
       [](Z x) {
         const C y = x[1];
         return sq(x[0] - 13. + 5. * y * y - y * y * y - 2. * y) + sq(x[0] - 29. + y * y * y + y * y - 14. * y);
       }},
      {"powell-badly-scaled",
       [](Z x) { return sq(1e4 * x[0] * x[1] - 1.) + sq(std::exp(-x[0]) + std::exp(-x[1]) - 1.0001); }},
      {"brown-badly-scaled", [](Z x) { return sq(x[0] - 1e6) + sq(x[1] - 2e-6) + sq(x[0] * x[1] - 2.); }},
      {"beale",
       [](Z x) {
         C sum = 0, power = 1;
         for (const double y : {1.5, 2.25, 2.625}) power *= x[1], sum += sq(y - x[0] * (1. - power));
         return sum;
       }},
      {"himmelblau", [](Z x) { return sq(sq(x[0]) + x[1] - 11.) + sq(x[0] + sq(x[1]) - 7.); }},
      {"jennrich-sampson", jennrich_sampson},
      {"helical-valley", helical_valley},
      {"bard", bard},
      {"gaussian", gaussian},
      {"gulf", gulf},
      {"box3d", box3d},
      {"powell-singular", ext_powell_sing},
      {"wood", wood},
      {"kowalik-osborne", kowalik_osborne},
      {"brown-dennis", brown_dennis},
      {"osborne1", osborne1},
      {"biggs-exp6", biggs_exp6},
      {"watson6", watson},
      {"watson9", watson},
      {"penalty1-10", penalty1},
      {"penalty2-10", penalty2},
      {"variably-dim10", variably_dim},
      {"trigonometric10", trigonometric},
      {"chebyquad8", chebyquad},
      {"chebyquad10", chebyquad},
      {"broyden-tridiag10", broyden_tridiag},
      {"discrete-bv10", discrete_bv},
      {"ext-rosenbrock100", ext_rosenbrock},
      {"ext-powell-sing100", ext_powell_sing},
      {"chained-rosen5", chained_rosen},
      {"quadratic10", [](Z x) { return separable(x, 1000); }},
      {"noisy-quadratic10", [](Z x) { return separable(x, 100); }},
      {"booth", booth},
      {"noisy-booth", booth},
      {"matyas", [](Z x) { return 0.26 * (sq(x[0]) + sq(x[1])) - 0.48 * x[0] * x[1]; }},
      {"three-hump-camel",
       [](Z x) {
         const C s = sq(x[0]);
         return 2. * s - 1.05 * s * s + s * s * s / 6. + x[0] * x[1] + sq(x[1]);
       }},
      {"six-hump-camel",
       [](Z x) {
         const C s = sq(x[0]), t = sq(x[1]);
         return 4. * s - 2.1 * s * s + s * s * s / 3. + x[0] * x[1] - 4. * t + 4. * t * t;
       }},
      {"goldstein-price", goldstein_price},
      {"styblinski-tang",
       [](Z x) {
         C sum = 0;
         for (const C& v : x) sum += sq(sq(v)) - 16. * sq(v) + 5. * v;
         return sum / 2.;
       }},
      {"rastrigin",
       [](Z x) {
         C sum = 20;
         for (const C& v : x) sum += sq(v) - 10. * std::cos(2 * pi * v);
         return sum;
       }},
      {"ackley",
       [](Z x) {
         return 20. + std::numbers::e - 20. * std::exp(-0.2 * std::sqrt((sq(x[0]) + sq(x[1])) / 2.)) -
                std::exp((std::cos(2 * pi * x[0]) + std::cos(2 * pi * x[1])) / 2.);
       }},
      {"griewank",
       [](Z x) { return 1. + (sq(x[0]) + sq(x[1])) / 4000. - std::cos(x[0]) * std::cos(x[1] / std::numbers::sqrt2); }},
      {"easom", [](Z x) { return -std::cos(x[0]) * std::cos(x[1]) * std::exp(-sq(x[0] - pi) - sq(x[1] - pi)); }},
      {"mccormick", [](Z x) { return std::sin(x[0] + x[1]) + sq(x[0] - x[1]) - 1.5 * x[0] + 2.5 * x[1] + 1.; }},
      {"levi",
       [wave](Z x) {
         return wave(3 * pi * x[0]) + sq(x[0] - 1.) * (1. + wave(3 * pi * x[1])) +
                sq(x[1] - 1.) * (1. + wave(2 * pi * x[1]));
       }},
      {"branin",
       [](Z x) {
         return sq(x[1] - 5.1 / (4 * pi * pi) * sq(x[0]) + 5 / pi * x[0] - 6.) +
                10 * (1 - 1 / (8 * pi)) * std::cos(x[0]) + 10.;
       }},
      {"peaks",
       [](Z x) {
         const C a = x[0], b = x[1];
         return 3. * sq(1. - a) * std::exp(-sq(a) - sq(b + 1.)) -
                10. * (a / 5. - a * a * a - b * b * b * b * b) * std::exp(-sq(a) - sq(b)) -
                std::exp(-sq(a + 1.) - sq(b)) / 3.;
       }},
      {"double-well", [](Z x) { return sq(sq(x[0]) - 1.) + sq(x[1]); }},
      {"ellipse", [](Z x) { return (sq(x[0]) + 10. * sq(x[1])) / 2.; }},
      {"saddle", saddle},
      {"saddle-exact", saddle},
      {"monkey-saddle", [](Z x) { return x[0] * x[0] * x[0] - 3. * x[0] * sq(x[1]) + sq(sq(x[0]) + sq(x[1])) / 4.; }},
  };
}

}  // namespace limn::testing
