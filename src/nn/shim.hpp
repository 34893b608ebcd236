// Convolutions and windows of planes with channels last, by those with channels first.
#pragma once
#include "graph/value.hpp"

namespace limn::shim {

inline Value first(Value x) { return transpose(x, {0, 3, 1, 2}); }
inline Value last(Value x) { return transpose(x, {0, 2, 3, 1}); }
inline Value weights(Value w) { return transpose(w, {3, 2, 0, 1}); }
inline Value conv(Value x, Value w, const Window& window) { return last(limn::conv(first(x), weights(w), window)); }
inline Value conv_data(Value c, Value w, const Window& window, Shape x) {
  return last(limn::conv_data(first(c), weights(w), window, {x[0], x[3], x[1], x[2]}));
}
inline Value window_sum(Value x, const Window& window) { return last(limn::window_sum(first(x), window)); }
inline Value window_max(Value x, const Window& window) { return last(limn::window_max(first(x), window)); }

}  // namespace limn::shim
