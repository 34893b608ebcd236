// Layers of planes: plain functions that only build graph. x is [batch, height, width, channels] throughout, windows
// run over height and width.
#pragma once
#include "graph/value.hpp"

namespace limn {

Value to_planes(Value rows, const Shape& image);  // [batch, features] of [height, width] or [channels, height, width]
Value to_rows(Value x);                           // and back, [channels, height, width] in a row
Value flatten(Value x);                           // [batch, features] as they lie, [height, width, channels] in a row

// The transposed convolution (Dumoulin and Visin 2016, chapter 4): each place of x spreads a window of w [height,
// width, channels of x, channels of y]; the window's padding is cut off.
Value conv_transpose(Value x, Value w, const Window& window);

// The mean of each window, of what is not padding.
Value average_pool(Value x, const Window& window);
Value global_average(Value x);  // [batch, channels]
Value global_max(Value x);      // [batch, channels]

Value upsample(Value x, std::int64_t factor);   // every element becomes a square of them
Value pad_zeros(Value x, std::int64_t amount);  // on all four sides
// Mirrored at the border's elements, which are not repeated: amount < height, width.
Value pad_reflected(Value x, std::int64_t amount);

}  // namespace limn
