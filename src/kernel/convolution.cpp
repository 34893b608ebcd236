#include "kernel/convolution.hpp"

#include <algorithm>
#include <cstring>

namespace limn {
namespace {

constexpr double kChunkFlops = 5e5;          // below, a chunk is not worth a second thread
constexpr std::int64_t kPiece = 120;         // rows at a time: a multiple of all register blocks
constexpr std::int64_t kPlaces = 128;        // places that the sums of the weights go on over at a time
constexpr std::int64_t kBlock = 16;          // channels of x that lie side by side meanwhile: a cache line
constexpr std::int64_t kReadFurther = 32;    // floats: two vectors
constexpr std::int64_t kPadded = 32768;      // floats of padded planes made at once
constexpr std::int64_t kPartials = 1 << 21;  // floats of all partial weights together, at most

std::size_t size(std::int64_t of) { return static_cast<std::size_t>(of); }

}  // namespace

Convolver::Convolver(ConvRole role, const Window& window, const Shape& x, const Shape& w, const Shape& y)
    : role_(role),
      window_(at_the_end(window)),
      batch_(x[0]),
      in_(x[-1]),
      out_(y[-1]),
      groups_(window.groups),
      meeting_(window, plane_of(window, x),
               role == ConvRole::kData && !folds() ? Meeting::Way::kBackward : Meeting::Way::kForward) {
  find_phases();
  const double flops = 2.0 * static_cast<double>(y.size()) * static_cast<double>(depth());
  const std::int64_t worth = std::clamp<std::int64_t>(static_cast<std::int64_t>(flops / kChunkFlops), 1, 8);
  if (role == ConvRole::kWeights) {
    const std::int64_t most = std::min(batch_, kPartials / std::max<std::int64_t>(1, w.size()));
    parts_ = static_cast<int>(std::clamp<std::int64_t>(most, 1, worth));
    chunks_ =
        parts_ * static_cast<int>(std::clamp<std::int64_t>(worth / parts_, 1, window.elements() / phases_[0].run));
    partial_ = AlignedFloats(size(parts_ * w.size()));
  } else {
    const std::int64_t units = folds() ? batch_ : batch_ * volume(meeting_.targets()) / kPiece;
    chunks_ = static_cast<int>(std::clamp<std::int64_t>(units, 1, worth));
  }
  left_ = chunks_;
  make_rooms();
}

void Convolver::find_phases() {
  std::int64_t row = 0;
  for (const Taps& taps : meeting_.phases()) {
    Phase phase{groups_ == 1 ? taps.run : 1, row, {}};
    for (std::size_t t = 0; t < taps.size(); t += size(phase.run))
      phase.offsets.push_back(taps.offset[t] * source_channels());
    row += static_cast<std::int64_t>(taps.size()) * (by_channel() ? 1 : source_channels() / groups_);
    phases_.push_back(std::move(phase));
  }
}

void Convolver::make_rooms() {
  rooms_.resize(size(chunks_));
  const std::int64_t channels = source_channels(), targets = volume(meeting_.targets()),
                     padded = volume(meeting_.padded()) * channels;
  const std::int64_t needed = role_ == ConvRole::kWeights ? planes_at_once()
                              : folds() || targets == 0   ? 1
                                                          : kPiece / targets + 2,
                     images = std::clamp(kPadded / std::max<std::int64_t>(1, padded), needed, std::max(needed, batch_));
  for (Room& room : rooms_) {
    if (copies() || folds())
      room.padded = AlignedFloats(size((folds() ? 1 : images) * padded + (by_line() ? kReadFurther : 0)));
    room.from.resize(size(role_ == ConvRole::kWeights ? 0 : kPiece * window_.elements()));
    if (folds())
      room.patches = AlignedFloats(size(kPiece * depth())), room.packed = AlignedFloats(size(depth() * out_));
    else if (role_ == ConvRole::kWeights)
      room.packed =
          AlignedFloats(size(planes_at_once() * lines_at_once() * meeting_.targets()[2] * kernels().strip_columns));
    else if (by_channel())
      room.packed = AlignedFloats(size(depth() * in_));
    else
      room.packed = AlignedFloats(
          size(groups_ * packed_floats(window_.elements() * channels / groups_, target_channels() / groups_)));
    room.to.resize(size(kPiece));
  }
}

void Convolver::run(int chunk, const float* a, const float* b, float* result, const Done& done) const {
  Room& room = rooms_[size(chunk)];
  if (role_ == ConvRole::kWeights) {
    const Part part = part_of(chunk);
    const std::int64_t whole = depth() * out_;
    weights(part, a, b, partial_.data() + part.number * whole, room);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    left_.store(chunks_, std::memory_order_relaxed);
    return join(result);
  }
  if (!by_line()) pack(b, room);
  room.first = room.end = 0;
  const std::int64_t targets = folds() ? volume(meeting_.sources()) : volume(meeting_.targets());
  if (folds()) {
    for (std::int64_t n = batch_ * chunk / chunks_; n < batch_ * (chunk + 1) / chunks_; ++n) {
      fold(n, a, result, room);
      if (done) done(n * targets, (n + 1) * targets);
    }
    return;
  }
  const auto cut = [&](int i) {
    return i == chunks_ ? batch_ * targets : batch_ * targets * i / chunks_ / kPiece * kPiece;
  };
  for (std::int64_t row = cut(chunk), end = cut(chunk + 1); row < end; row += kPiece) {
    if (by_line())
      lines(row, std::min(end, row + kPiece), a, b, result, room);
    else
      product(row, std::min(end, row + kPiece), a, result, room);
    if (done) done(row, std::min(end, row + kPiece));
  }
}

// The weights of each group as the product reads them: phase after phase, the taps of each in its order.
void Convolver::pack(const float* w, Room& room) const {
  const bool forward = role_ == ConvRole::kForward;
  const std::int64_t k = source_channels() / groups_, n = target_channels() / groups_, taps = window_.elements();
  float* packed = room.packed.data();
  if (folds()) {  // [out, taps, in] of [taps, out, in]
    for (std::int64_t t = 0; t < taps; ++t)
      for (std::int64_t o = 0; o < out_; ++o) std::copy_n(w + (t * out_ + o) * in_, in_, packed + (o * taps + t) * in_);
    return;
  }
  const std::int64_t ld = forward ? out_ : n, group = forward ? n : k * n,
                     tap = by_channel() ? in_ : k * ld * (forward ? 1 : groups_);
  std::int64_t row = 0;
  for (const Taps& its : meeting_.phases())
    for (const std::int32_t index : its.index) {
      const float* const from = w + index * tap;
      if (by_channel())
        std::copy_n(from, in_, packed + row++ * in_);
      else
        for (std::int64_t g = 0; g < groups_; ++g)
          kernels().pack_columns(from + g * group, size(k), size(n), size(ld), packed + g * packed_floats(taps * k, n),
                                 size(row), size(taps * k));
      if (!by_channel()) row += k;
    }
}

// Copies a source plane into the middle of a padded one, whose zeros stay; one block of channels behind another.
void Convolver::pad(std::int64_t image, const float* source, float* to) const {
  const auto &from = meeting_.sources(), &whole = meeting_.padded(), &below = meeting_.below();
  const std::int64_t channels = source_channels(), line = from[2] * channels, block = blocked() ? kBlock : channels;
  const float* x = source + image * from[0] * from[1] * line;
  for (std::int64_t i = 0; i < from[0]; ++i)
    for (std::int64_t j = 0; j < from[1]; ++j, x += line) {
      const std::int64_t first = ((i + below[0]) * whole[1] + j + below[1]) * whole[2] + below[2];
      for (std::int64_t c = 0; c < channels; c += block) {
        const std::int64_t width = std::min(block, channels - c);
        float* at = to + c * volume(whole) + first * width;
        if (width == channels)
          std::memcpy(at, x, size(line) * sizeof(float));
        else
          for (std::int64_t q = 0; q < from[2]; ++q, at += width)
            std::memcpy(at, x + q * channels + c, size(width) * sizeof(float));
      }
    }
}

// Where the padded plane of an image lies; pads it and those behind it, up to `last`, if that was not yet done.
const float* Convolver::plane_of_image(std::int64_t image, const float* source, std::int64_t last, Room& room) const {
  const std::int64_t padded = volume(meeting_.padded()) * source_channels();
  if (!copies()) return source + image * padded;
  if (image < room.first || image >= room.end) {
    room.first = image;
    room.end = std::min(
        last, image + (static_cast<std::int64_t>(room.padded.size()) - (by_line() ? kReadFurther : 0)) / padded);
    for (std::int64_t i = room.first; i < room.end; ++i) pad(i, source, room.padded.data() + (i - image) * padded);
  }
  return room.padded.data() + (image - room.first) * padded;
}

// Rows row0 .. row1 - 1 of the result, over all planes.
void Convolver::product(std::int64_t row0, std::int64_t row1, const float* source, float* result, Room& room) const {
  const std::int64_t channels = source_channels(), to = target_channels(), k = channels / groups_, n = to / groups_,
                     taps = window_.elements();
  // All images of the piece at once: a plane found stays where it is.
  const std::int64_t targets = volume(meeting_.targets()), first = row0 / targets, last = (row1 - 1) / targets;
  if (copies() && (first < room.first || last >= room.end)) room.first = room.end = 0;
  for (std::size_t p = 0; p < phases_.size(); ++p) {
    const Phase& phase = phases_[p];
    std::size_t m = 0;
    const std::int64_t step = meeting_.source_step() * channels, next = meeting_.target_step() * to;
    meeting_.each_run(p, row0, row1, [&](const Meeting::Run& run) {
      const float* at = plane_of_image(run.plane, source, batch_, room) + meeting_.padded_first(run.base) * channels;
      float* row = result + run.first * to;
      const float** from = room.from.data() + m * phase.offsets.size();
      for (std::int64_t i = 0; i < run.count; ++i, at += step, row += next) {
        for (const std::int64_t offset : phase.offsets) *from++ = at + offset;
        room.to[m++] = row;
      }
    });
    GatherProduct g{m,
                    size(n),
                    size(k * phase.run),
                    phase.offsets.size(),
                    room.from.data(),
                    room.packed.data(),
                    size(taps * k),
                    size(phase.row),
                    room.to.data()};
    if (by_channel()) {
      g.n = size(channels);
      kernels().gather_channels(g);
      continue;
    }
    for (std::int64_t group = 0; group < groups_; ++group, g.b += packed_floats(taps * k, n)) {
      kernels().gather_product(g);
      if (group + 1 == groups_) break;
      for (std::size_t i = 0; i < m * phase.offsets.size(); ++i) room.from[i] += k;
      for (std::size_t i = 0; i < m; ++i) room.to[i] += n;
    }
  }
}

void Convolver::lines(std::int64_t row0, std::int64_t row1, const float* x, const float* w, float* y,
                      Room& room) const {
  const std::int64_t targets = volume(meeting_.targets());
  if (row0 / targets < room.first || (row1 - 1) / targets >= room.end) room.first = room.end = 0;
  const Taps& taps = meeting_.phases()[0];
  meeting_.each_run(0, row0, row1, [&](const Meeting::Run& run) {
    const float* const at = plane_of_image(run.plane, x, batch_, room) + meeting_.padded_first(run.base);
    kernels().line_product({at, taps.offset.data(), taps.size(), w, size(out_), size(run.count), y + run.first * out_});
  });
}

// One plane of x: each place's row of y times the weights, added to what the window covers there.
void Convolver::fold(std::int64_t image, const float* y, float* x, Room& room) const {
  const Taps& taps = meeting_.phases()[0];
  const std::int64_t places = volume(meeting_.targets()), run = taps.run * in_;
  float* const padded = room.padded.data();
  std::fill_n(padded, room.padded.size(), 0.0f);
  for (std::int64_t row = 0; row < places; row += kPiece) {
    const std::int64_t end = std::min(places, row + kPiece);
    kernels().gemm(false, size(end - row), size(depth()), size(out_), y + (image * places + row) * out_, size(out_),
                   room.packed.data(), size(depth()), room.patches.data(), size(depth()), false);
    const float* from = room.patches.data();
    meeting_.each_run(0, row, end, [&](const Meeting::Run& its) {
      float* at = padded + meeting_.padded_first(its.base) * in_;
      for (std::int64_t q = 0; q < its.count; ++q, at += meeting_.source_step() * in_)
        for (std::size_t t = 0; t < taps.size(); t += size(taps.run), from += run) {
          float* const to = at + taps.offset[t] * in_;
          for (std::int64_t i = 0; i < run; ++i) to[i] += from[i];
        }
    });
  }
  const auto &plane = meeting_.sources(), &whole = meeting_.padded(), &below = meeting_.below();
  const std::int64_t line = plane[2] * in_;
  float* to = x + image * plane[0] * plane[1] * line;
  for (std::int64_t i = 0; i < plane[0]; ++i)
    for (std::int64_t j = 0; j < plane[1]; ++j, to += line)
      std::memcpy(to, padded + (((i + below[0]) * whole[1] + j + below[1]) * whole[2] + below[2]) * in_,
                  size(line) * sizeof(float));
}

Convolver::Part Convolver::part_of(int chunk) const {
  const std::int64_t cuts = chunks_ / parts_, part = chunk / cuts, cut = chunk % cuts, run = phases_[0].run,
                     runs = window_.elements() / run;
  return {batch_ * part / parts_, batch_ * (part + 1) / parts_, runs * cut / cuts * run, runs * (cut + 1) / cuts * run,
          part};
}

std::int64_t Convolver::block() const { return blocked() ? kBlock : std::max<std::int64_t>(1, in_); }

// The sums go on over a few lines, or over all lines of a few planes where those are small.
std::int64_t Convolver::lines_at_once() const {
  const auto& places = meeting_.targets();
  return std::clamp<std::int64_t>(kPlaces / std::max<std::int64_t>(1, places[2]), 1,
                                  std::max<std::int64_t>(1, places[1]));
}
std::int64_t Convolver::planes_at_once() const {
  const std::int64_t places = std::max<std::int64_t>(1, volume(meeting_.targets()));
  return meeting_.targets()[0] == 1 ? std::clamp<std::int64_t>(kPlaces / places, 1, std::max<std::int64_t>(1, batch_))
                                    : 1;
}

void Convolver::weights(const Part& part, const float* x, const float* y, float* w, Room& room) const {
  const auto &places = meeting_.targets(), &padded = meeting_.padded();
  room.first = room.end = 0;
  for (std::int64_t c = 0; c < in_; c += block()) {
    const std::int64_t width = std::min(block(), in_ - c) / groups_, rows = width * out_;
    std::fill_n(w + (c * window_.elements() + part.tap0 * width) * out_, (part.tap1 - part.tap0) * rows, 0.0f);
  }
  for (std::int64_t image = part.image0; image < part.image1; image += planes_at_once()) {
    const std::int64_t planes = std::min(planes_at_once(), part.image1 - image);
    if (image + planes > room.end) room.first = room.end = 0;
    const float* const plane = plane_of_image(image, x, part.image1, room);
    for (std::int64_t i = 0; i < places[0]; ++i)
      for (std::int64_t j = 0; j < places[1]; j += lines_at_once())
        add_lines(part, plane, (i * window_.stride[0] * padded[1] + j * window_.stride[1]) * padded[2],
                  y + ((image * places[0] + i) * places[1] + j) * places[2] * out_, planes,
                  std::min(lines_at_once(), places[1] - j), w, room);
  }
}

// The products of a few lines of places, the first at y and what it covers from element `first` of the plane on, added
// to the weights: [block of channels][tap][channel][out].
void Convolver::add_lines(const Part& part, const float* plane, std::int64_t first, const float* y, std::int64_t planes,
                          std::int64_t lines, float* w, Room& room) const {
  const std::int64_t out = out_ / groups_, line = meeting_.targets()[2], strip = kernels().strip_columns,
                     run = phases_[0].run, taps = window_.elements();
  OuterSum sum{};
  sum.ldc = size(out_), sum.planes = size(planes), sum.lines = size(lines), sum.count = size(line);
  sum.a_plane = size(volume(meeting_.padded()) * in_);
  const auto lies = [&](const float* b, std::int64_t step) {
    sum.b = b, sum.b_step = size(step), sum.b_line = size(line * step), sum.b_plane = size(lines * line * step);
  };
  // For each block of `width` numbers at an element of the plane, of which `in` channels count, beginning at `a`.
  const auto each_tap = [&](const float* a, std::int64_t width, std::int64_t in, float* to, auto add) {
    sum.m = size(run * in);
    sum.a_line = size(window_.stride[1] * meeting_.padded()[2] * width), sum.a_step = size(window_.stride[2] * width);
    for (std::int64_t t = part.tap0; t < part.tap1; t += run) {
      sum.a = a + (first + phases_[0].offsets[size(t / run)] / in_) * width, sum.c = to + t * in * out_;
      add(sum);
    }
  };
  if (by_channel()) {
    lies(y, out_), sum.n = size(in_);
    return each_tap(plane, in_, 1, w, kernels().outer_channels);
  }
  for (std::int64_t g = 0; g < groups_; ++g)
    for (std::int64_t column = 0; column < out; column += strip) {
      const std::int64_t columns = std::min(strip, out - column);
      sum.n = size(columns), lies(y + g * out + column, out_);
      if (out_ > strip) {  // many rows use it: it comes to lie side by side
        float* packed = room.packed.data();
        for (std::int64_t q = 0; q < planes * lines * line; ++q)
          std::memcpy(packed + q * columns, sum.b + q * out_, size(columns) * sizeof(float));
        lies(packed, columns);
      }
      if (groups_ > 1) {
        each_tap(plane + g * (in_ / groups_), in_, in_ / groups_, w + g * out + column, kernels().outer_sum);
        continue;
      }
      for (std::int64_t c = 0; c < in_; c += block()) {
        const std::int64_t width = std::min(block(), in_ - c);
        each_tap(plane + c * volume(meeting_.padded()), width, width, w + c * taps * out_ + column,
                 kernels().outer_sum);
      }
    }
}

// All parts added up, and the blocks of channels back in their places.
void Convolver::join(float* result) const {
  const std::int64_t taps = window_.elements(), whole = depth() * out_;
  for (std::int64_t c = 0; c < in_; c += block()) {
    const std::int64_t rows = std::min(block(), in_ - c) / groups_ * out_;
    for (std::int64_t t = 0; t < taps; ++t)
      kernels().sum_columns(partial_.data() + c * taps * out_ + t * rows, size(parts_), size(rows), size(whole),
                            result + (t * in_ / groups_ * out_) + c * out_);
  }
}

std::int64_t Convolver::scratch_floats() const {
  std::size_t floats = partial_.size();
  for (const Room& room : rooms_) floats += room.packed.size() + room.padded.size() + room.patches.size();
  return static_cast<std::int64_t>(floats);
}

}  // namespace limn
