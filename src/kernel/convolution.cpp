#include "kernel/convolution.hpp"

#include <algorithm>

namespace limn {
namespace {

constexpr double kChunkFlops = 5e5;          // below, a chunk is not worth a second thread
constexpr std::int64_t kPiece = 120;         // rows at a time: a multiple of all register blocks
constexpr std::int64_t kPlaces = 128;        // places that the sums of the weights go on over at a time
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
    return kernels().sum_columns(partial_.data(), size(parts_), size(whole), size(whole), result);
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
    const std::int64_t stop = std::min(end, row + kPiece);
    hold(row / targets, (stop - 1) / targets + 1, (end - 1) / targets + 1, a, room);
    if (by_line())
      lines(row, stop, a, b, result, room);
    else
      product(row, stop, a, result, room);
    if (done) done(row, stop);
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

// visit(offset in a source plane, offset in the padded one, floats) for each line of numbers that both have.
template <class Visit>
void Convolver::each_line(Visit visit) const {
  const auto &from = meeting_.sources(), &whole = meeting_.padded(), &below = meeting_.below();
  const std::int64_t channels = source_channels(), line = from[2] * channels;
  for (std::int64_t i = 0; i < from[0]; ++i)
    for (std::int64_t j = 0; j < from[1]; ++j)
      visit((i * from[1] + j) * line, (((i + below[0]) * whole[1] + j + below[1]) * whole[2] + below[2]) * channels,
            size(line));
}

// Sees to it that the room holds the padded planes of images first .. end - 1, and as many of those up to `last` as
// fit.
void Convolver::hold(std::int64_t first, std::int64_t end, std::int64_t last, const float* source, Room& room) const {
  if (!copies() || (first >= room.first && end <= room.end)) return;
  const std::int64_t plane = volume(meeting_.sources()) * source_channels(),
                     padded = volume(meeting_.padded()) * source_channels();
  const auto floats = static_cast<std::int64_t>(room.padded.size()) - (by_line() ? kReadFurther : 0);
  room.first = first, room.end = std::min(last, first + floats / padded);
  for (std::int64_t image = first; image < room.end; ++image)
    each_line([&](std::int64_t from, std::int64_t to, std::size_t n) {
      std::copy_n(source + image * plane + from, n, room.padded.data() + (image - first) * padded + to);
    });
}

const float* Convolver::image_of(std::int64_t image, const float* source, const Room& room) const {
  const std::int64_t padded = volume(meeting_.padded()) * source_channels();
  return copies() ? room.padded.data() + (image - room.first) * padded : source + image * padded;
}

// Rows row0 .. row1 - 1 of the result, over all planes.
void Convolver::product(std::int64_t row0, std::int64_t row1, const float* source, float* result, Room& room) const {
  const std::int64_t channels = source_channels(), to = target_channels(), k = channels / groups_, n = to / groups_,
                     taps = window_.elements();
  for (std::size_t p = 0; p < phases_.size(); ++p) {
    const Phase& phase = phases_[p];
    std::size_t m = 0;
    const std::int64_t step = meeting_.source_step() * channels, next = meeting_.target_step() * to;
    meeting_.each_run(p, row0, row1, [&](const Meeting::Run& run) {
      const float* at = image_of(run.plane, source, room) + meeting_.padded_first(run.base) * channels;
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
  const Taps& taps = meeting_.phases()[0];
  meeting_.each_run(0, row0, row1, [&](const Meeting::Run& run) {
    const float* const at = image_of(run.plane, x, room) + meeting_.padded_first(run.base);
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
  float* const to = x + image * volume(meeting_.sources()) * in_;
  each_line([&](std::int64_t at, std::int64_t from, std::size_t n) { std::copy_n(padded + from, n, to + at); });
}

Convolver::Part Convolver::part_of(int chunk) const {
  const std::int64_t cuts = chunks_ / parts_, part = chunk / cuts, cut = chunk % cuts, run = phases_[0].run,
                     runs = window_.elements() / run;
  return {batch_ * part / parts_, batch_ * (part + 1) / parts_, runs * cut / cuts * run, runs * (cut + 1) / cuts * run,
          part};
}

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
  const std::int64_t tap = in_ / groups_ * out_;
  std::fill_n(w + part.tap0 * tap, (part.tap1 - part.tap0) * tap, 0.0f);
  room.first = room.end = 0;
  for (std::int64_t image = part.image0; image < part.image1; image += planes_at_once()) {
    const std::int64_t planes = std::min(planes_at_once(), part.image1 - image);
    hold(image, image + planes, part.image1, x, room);
    const float* const plane = image_of(image, x, room);
    for (std::int64_t i = 0; i < places[0]; ++i)
      for (std::int64_t j = 0; j < places[1]; j += lines_at_once())
        add_lines(part, plane + (i * window_.stride[0] * padded[1] + j * window_.stride[1]) * padded[2] * in_,
                  y + ((image * places[0] + i) * places[1] + j) * places[2] * out_, planes,
                  std::min(lines_at_once(), places[1] - j), w, room);
  }
}

// The products of a few lines of places, the first at y and what it covers from x on, added to the weights.
void Convolver::add_lines(const Part& part, const float* x, const float* y, std::int64_t planes, std::int64_t lines,
                          float* w, Room& room) const {
  const std::int64_t in = in_ / groups_, out = out_ / groups_, line = meeting_.targets()[2],
                     strip = kernels().strip_columns, run = phases_[0].run;
  OuterSum sum{};
  sum.m = size(run * in), sum.ldc = size(out_);
  sum.planes = size(planes), sum.lines = size(lines), sum.count = size(line);
  sum.a_plane = size(volume(meeting_.padded()) * in_);
  sum.a_line = size(window_.stride[1] * meeting_.padded()[2] * in_), sum.a_step = size(window_.stride[2] * in_);
  const auto lies = [&](const float* b, std::int64_t step) {
    sum.b = b, sum.b_step = size(step), sum.b_line = size(line * step), sum.b_plane = size(lines * line * step);
  };
  const auto each_run = [&](float* to, auto add) {
    for (std::int64_t t = part.tap0; t < part.tap1; t += run) {
      sum.a = x + phases_[0].offsets[size(t / run)], sum.c = to + t * in * out_;
      add(sum);
    }
  };
  if (by_channel()) {
    lies(y, out_), sum.n = size(in_);
    return each_run(w, kernels().outer_channels);
  }
  for (std::int64_t g = 0; g < groups_; ++g, x += in)
    for (std::int64_t column = 0; column < out; column += strip) {
      const std::int64_t columns = std::min(strip, out - column);
      sum.n = size(columns), lies(y + g * out + column, out_);
      if (out_ > strip) {  // many rows use it: it comes to lie side by side
        float* packed = room.packed.data();
        for (std::int64_t q = 0; q < planes * lines * line; ++q)
          std::copy_n(sum.b + q * out_, columns, packed + q * columns);
        lies(packed, columns);
      }
      each_run(w + g * out + column, kernels().outer_sum);
    }
}

}  // namespace limn
