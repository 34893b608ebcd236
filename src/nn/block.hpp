// Blocks: several convolutions that are one word of the architecture text. They declare their parameters in the order
// in which they take them.
#pragma once
#include "nn/builder.hpp"

namespace limn {

// What a batch normalisation learns and keeps: NAME.gamma and NAME.beta, NAME.mean and NAME.variance, with `suffix`.
void add_norm(const std::string& name, const std::string& suffix, std::int64_t features, Parameters& parameters);
void add_statistics(const std::string& name, const std::string& suffix, std::int64_t features, Parameters& statistics);

// The weights [height, width, channels / groups, units] of a convolution, with fans that count the window.
void add_conv(const std::string& name, const Window& window, std::int64_t channels, std::int64_t units,
              Parameters& parameters);

// Those of a transposed one, of which each output sees every stride-th element in both directions.
void add_conv_transpose(const std::string& name, const Window& window, std::int64_t channels, std::int64_t units,
                        Parameters& parameters);

// A residual block: bn(conv 3x3(relu(bn(conv 3x3(x))))) added to the shortcut, which is x itself, or bn(conv 1x1(x))
// where stride or channels change (He et al. 2016, figure 2 and equations 1 and 2, with projection shortcuts). Gives
// what stands before the last relu.
void add_residual(const LayerSpec& layer, const std::string& name, std::int64_t channels, Parameters& parameters,
                  Parameters& statistics);
Value residual(const LayerSpec& layer, Value x, Builder& builder);

// 1x1, 3x3 and 5x5 convolutions and a 3x3 pool side by side, with 1x1 convolutions before or behind them (Szegedy et
// al. 2015, figure 2b). Gives what stands before the last activation.
void add_inception(const LayerSpec& layer, const std::string& name, std::int64_t channels, Parameters& parameters);
Value inception(const LayerSpec& layer, Value x, Builder& builder);

}  // namespace limn
