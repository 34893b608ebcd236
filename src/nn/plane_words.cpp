// The words of layers of planes: "conv 32 3x3 stride 2 relu". Sizes are height x width; one number is both.
#include "nn/layer_reader.hpp"

namespace limn {
namespace {

using Kind = LayerSpec::Kind;
using Axes = Window::PerAxis;

constexpr std::int32_t kMost = 1024;  // of all sizes
constexpr Axes kNothing{};

Axes take_pair(LayerReader& words, const std::string& what, std::int32_t least, const char* example) {
  const Word word = words.next();
  const std::size_t cross = std::min(word.text.find('x'), word.text.size());
  const auto height = LayerReader::number<std::int32_t>(word.text.substr(0, cross)),
             width = cross < word.text.size() ? LayerReader::number<std::int32_t>(word.text.substr(cross + 1)) : height;
  const auto fits = [&](const auto& n) { return n && *n >= least && *n <= kMost; };
  if (!fits(height) || !fits(width))
    words.fail(word, fmt::format("\"{}\" is no {}", word.text, what),
               fmt::format("take numbers from {} to {}, such as {}", least, kMost, example));
  words.skip();
  return {*height, *width, least};
}

std::int64_t take_whole(LayerReader& words, const std::string& what, std::int64_t least, std::int64_t most) {
  const Word word = words.next();
  const auto number = words.take_number<std::int64_t>();
  if (!number || *number < least || *number > most)
    words.fail(word, fmt::format("\"{}\" is no {}", word.text, what),
               fmt::format("take a whole number from {} to {}", least, most));
  return *number;
}

std::string pair(const Axes& axes) {
  return axes[0] == axes[1] ? fmt::format("{}", axes[0]) : fmt::format("{}x{}", axes[0], axes[1]);
}

// Zeros so that there are as many places as elements, before strides: where they do not fall into halves, one more
// behind.
void pad_to_same(Window& window, const Axes& stride = {1, 1, 1}) {
  for (int i = 0; i < window.axes; ++i) {
    const auto all = static_cast<std::int32_t>(window.reach(i)) - stride[i];
    window.low[i] = all / 2, window.high[i] = all - all / 2;
  }
}

// What may stand behind the size, in any order.
class Options {
 public:
  enum class Padding { kSame, kValid, kNumber };

  Options(LayerReader& words, LayerSpec& spec, std::string_view allowed) : words_(words), spec_(spec) {
    while (takes(allowed)) {}
  }
  Padding padding(Padding otherwise) const { return padding_.value_or(otherwise); }

 private:
  bool takes(std::string_view allowed) {
    const std::string_view word = words_.next().text;
    const std::string_view option = word == "same" || word == "valid" ? "pad" : word == "average" ? "max" : word;
    if (option.empty() || fmt::format(" {} ", allowed).find(fmt::format(" {} ", option)) == std::string::npos)
      return false;
    if (std::ranges::find(seen_, option) != seen_.end())
      words_.fail(words_.next(), fmt::format("\"{}\" says again what was said", word), "say it once");
    seen_.push_back(option);
    words_.skip();
    Window& window = spec_.window;
    if (word == "stride") window.stride = take_pair(words_, "stride", 1, "2 or 2x1");
    if (word == "dilation") window.dilation = take_pair(words_, "dilation", 1, "2 or 2x1");
    if (word == "groups") window.groups = static_cast<std::int32_t>(take_whole(words_, "number of groups", 1, 1 << 20));
    if (word == "pad") window.low = window.high = take_pair(words_, "padding", 0, "1 or 1x0"), number(window);
    if (word == "nobias") spec_.has_bias = false;
    if (option == "max") spec_.takes_largest = word == "max";
    if (word == "same") padding_ = Padding::kSame;
    if (word == "valid") padding_ = Padding::kValid;
    return true;
  }
  void number(Window& window) {
    window.low[2] = window.high[2] = 0;
    padding_ = Padding::kNumber;
  }

  LayerReader& words_;
  LayerSpec& spec_;
  std::vector<std::string_view> seen_;
  std::optional<Padding> padding_;
};
using Padding = Options::Padding;

// " pad 1", " same", " valid", or nothing if that is the usual.
std::string padding_text(const Window& window, const Window& same, Padding usual) {
  if (window.low == same.low && window.high == same.high && usual == Padding::kSame) return "";
  if (window.low == kNothing && window.high == kNothing) return usual == Padding::kValid ? "" : " valid";
  if (window.low == same.low && window.high == same.high) return " same";
  return fmt::format(" pad {}", pair(window.low));
}

void read_size(LayerReader& words, LayerSpec& spec) {
  spec.window.axes = 2;
  spec.window.size = take_pair(words, "size of a window", 1, "3x3");
}

void read_conv(LayerReader& words, LayerSpec& spec) {
  spec.units = take_units(words, "channels");
  read_size(words, spec);
  const Options options(words, spec, "stride pad dilation groups nobias");
  if (options.padding(Padding::kSame) == Padding::kSame) pad_to_same(spec.window);
  if (spec.units % spec.window.groups != 0)
    words.fail(words.first(), fmt::format("{} channels do not fall into {} groups", spec.units, spec.window.groups),
               "take a number of channels that the groups divide");
  take_activation(words, spec);
}
void print_conv(const LayerSpec& spec, std::string& to) {
  const Window& w = spec.window;
  Window same = w;
  pad_to_same(same);
  to += fmt::format(" {} {}x{}", spec.units, w.size[0], w.size[1]);
  if (w.stride != Axes{1, 1, 1}) to += fmt::format(" stride {}", pair(w.stride));
  to += padding_text(w, same, Padding::kSame);
  if (w.dilation != Axes{1, 1, 1}) to += fmt::format(" dilation {}", pair(w.dilation));
  if (w.groups != 1) to += fmt::format(" groups {}", w.groups);
  if (!spec.has_bias) to += " nobias";
}

void read_conv_transpose(LayerReader& words, LayerSpec& spec) {
  spec.units = take_units(words, "channels");
  read_size(words, spec);
  const Options options(words, spec, "stride pad nobias");
  Window& w = spec.window;
  if (w.stride[0] > w.size[0] || w.stride[1] > w.size[1])
    words.fail(words.first(),
               fmt::format("a stride of {} leaves gaps between windows of {}", pair(w.stride), pair(w.size)),
               "take a stride up to the size of the window");
  if (options.padding(Padding::kSame) == Padding::kSame) pad_to_same(w, w.stride);
  take_activation(words, spec);
}
void print_conv_transpose(const LayerSpec& spec, std::string& to) {
  const Window& w = spec.window;
  Window same = w;
  pad_to_same(same, same.stride);
  to += fmt::format(" {} {}x{}", spec.units, w.size[0], w.size[1]);
  if (w.stride != Axes{1, 1, 1}) to += fmt::format(" stride {}", pair(w.stride));
  to += padding_text(w, same, Padding::kSame);
  if (!spec.has_bias) to += " nobias";
}

void read_pool(LayerReader& words, LayerSpec& spec) {
  read_size(words, spec);
  Window& w = spec.window;
  w.stride = w.size;
  const Word option = words.next();
  if (Options(words, spec, "stride pad max").padding(Padding::kValid) == Padding::kSame) pad_to_same(w);
  if (w.low[0] >= w.size[0] || w.low[1] >= w.size[1])
    words.fail(
        option,
        fmt::format("a pool of {} with a padding of {} would see nothing at its border", pair(w.size), pair(w.low)),
        "take a padding below the size");
}
void print_pool(const LayerSpec& spec, std::string& to) {
  const Window& w = spec.window;
  Window same = w;
  pad_to_same(same);
  to += fmt::format(" {}", pair(w.size));
  if (w.stride != w.size) to += fmt::format(" stride {}", pair(w.stride));
  to += padding_text(w, same, Padding::kValid);
  if (!spec.takes_largest) to += " average";
}

void read_global_pool(LayerReader& words, LayerSpec& spec) {
  spec.takes_largest = false;
  const Options options(words, spec, "max");
}
void print_global_pool(const LayerSpec& spec, std::string& to) {
  if (spec.takes_largest) to += " max";
}

void read_upsample(LayerReader& words, LayerSpec& spec) { spec.amount = take_whole(words, "factor", 1, kMost); }
void read_pad(LayerReader& words, LayerSpec& spec) {
  spec.amount = take_whole(words, "padding", 0, kMost);
  spec.reflects = words.take("reflect");
  if (!spec.reflects) words.take("zero");
}
void print_amount(const LayerSpec& spec, std::string& to) {
  to += fmt::format(" {}{}", spec.amount, spec.reflects ? " reflect" : "");
}

void read_residual(LayerReader& words, LayerSpec& spec) {
  spec.units = take_units(words, "channels");
  spec.window.axes = 2;
  const Options options(words, spec, "stride");
  take_activation(words, spec);
}
void print_residual(const LayerSpec& spec, std::string& to) {
  to += fmt::format(" {}", spec.units);
  if (spec.window.stride != Axes{1, 1, 1}) to += fmt::format(" stride {}", pair(spec.window.stride));
}

void read_inception(LayerReader& words, LayerSpec& spec) {
  for (int i = 0; i < 6; ++i) spec.widths.push_back(take_units(words, "channels"));
  spec.units = spec.widths[0] + spec.widths[2] + spec.widths[4] + spec.widths[5];
  take_activation(words, spec);
}
void print_inception(const LayerSpec& spec, std::string& to) {
  for (const std::int64_t width : spec.widths) to += fmt::format(" {}", width);
}

constexpr LayerWord kWords[] = {
    {"conv", Kind::kConv, read_conv, print_conv},
    {"conv-transpose", Kind::kConvTranspose, read_conv_transpose, print_conv_transpose},
    {"pool", Kind::kPool, read_pool, print_pool},
    {"global-pool", Kind::kGlobalPool, read_global_pool, print_global_pool},
    {"upsample", Kind::kUpsample, read_upsample, print_amount},
    {"pad", Kind::kPad, read_pad, print_amount},
    {"res", Kind::kResidual, read_residual, print_residual, "relu"},
    {"inception", Kind::kInception, read_inception, print_inception, "relu"},
};

}  // namespace

std::span<const LayerWord> plane_words() { return kWords; }

}  // namespace limn
