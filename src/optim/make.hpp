// One function for each method, called by make_minimiser alone; options were checked by it.
#pragma once
#include <memory>

#include "optim/minimiser.hpp"

namespace limn {

template <class T>
using Made = std::unique_ptr<Minimiser<T>>;

template <class T>
Made<T> make_gd(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_cg(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_quadratic_cg(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_bfgs(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_lbfgs(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_newton(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_newton_ls(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_newton_cg(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_hf(const MinimiserOptions&, const Objective<T>&, std::span<T> x);
template <class T>
Made<T> make_lm(const MinimiserOptions&, const Objective<T>&, std::span<T> x);

}  // namespace limn
