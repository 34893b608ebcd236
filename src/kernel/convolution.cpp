#include "kernel/convolution.hpp"

#include <algorithm>

namespace limn {
namespace {

constexpr double kChunkFlops = 5e5;       // below, a chunk is not worth a second thread
constexpr std::int64_t kChunkRows = 120;  // nor with fewer rows
constexpr std::int64_t kPiece = 16384;    // floats of the result at a time, within these rows
constexpr std::int64_t kLeastRows = 120, kMostRows = 2048;
constexpr std::int64_t kPlaces = 128;        // places that the sums of the weights go on over at a time
constexpr std::int64_t kLines = 8192;        // floats of x and y, where lines are vectors, at a time
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
      meeting_(window, plane_of(window, x), role == ConvRole::kData ? Meeting::Way::kBackward : Meeting::Way::kForward,
               role == ConvRole::kWeights || by_line() ? Meeting::Border::kPadded : Meeting::Border::kParted) {
  find_phases();
  const std::int64_t line = std::max<std::int64_t>(1, meeting_.targets()[2]);
  piece_ =
      std::max<std::int64_t>(1, std::clamp<std::int64_t>(kPiece / target_channels(), kLeastRows, kMostRows) / line) *
      line;
  const double flops = 2.0 * static_cast<double>(y.size()) * static_cast<double>(depth());
  const std::int64_t worth = std::clamp<std::int64_t>(static_cast<std::int64_t>(flops / kChunkFlops), 1, 8);
  if (role == ConvRole::kWeights) {
    const std::int64_t most = std::min(batch_, kPartials / std::max<std::int64_t>(1, w.size()));
    parts_ = static_cast<int>(std::clamp<std::int64_t>(most, 1, worth));
    chunks_ =
        parts_ * static_cast<int>(std::clamp<std::int64_t>(worth / parts_, 1, window.elements() / phases_[0].run));
    partial_ = AlignedFloats(size(parts_ * w.size()));
  } else {
    const std::int64_t units = batch_ * volume(meeting_.targets()) / kChunkRows;
    chunks_ = static_cast<int>(std::clamp<std::int64_t>(units, 1, worth));
  }
  left_ = chunks_;
  make_rooms();
}

// Where the weights of a tap lie among the packed ones, so that those read as one lie side by side: back, the taps
// along the last axis that meet the same targets, the last one first.
std::int64_t Convolver::packed_row(std::int64_t tap) const {
  const std::int64_t size = window_.size[2], k = tap % size, step = window_.stride[2];
  const auto residue = [&](std::int64_t at) { return at * window_.dilation[2] % step; };
  std::int64_t before = 0;
  for (std::int64_t other = 0; other < size; ++other)
    if (role_ == ConvRole::kData)
      before += residue(other) < residue(k) || (residue(other) == residue(k) && other > k);
    else
      before += other < k;
  return (tap - k + before) * (by_channel() ? 1 : source_channels() / groups_);
}

void Convolver::find_phases() {
  for (const Taps& taps : meeting_.phases()) {
    Phase phase{groups_ == 1 || (by_channel() && role_ == ConvRole::kWeights) ? taps.run : 1, {}, {}};
    for (std::size_t t = 0; t < taps.size(); t += size(phase.run)) {
      phase.offsets.push_back(taps.offset[t] * source_channels());
      phase.rows.push_back(size(packed_row(taps.index[t])));
    }
    phases_.push_back(std::move(phase));
  }
}

void Convolver::make_rooms() {
  rooms_.resize(size(chunks_));
  const std::int64_t channels = source_channels(), targets = volume(meeting_.targets()),
                     padded = volume(meeting_.padded()) * channels;
  const std::int64_t needed = role_ == ConvRole::kWeights ? planes_at_once()
                              : targets == 0              ? 1
                                                          : piece_ / targets + 2,
                     images = std::clamp(kPadded / std::max<std::int64_t>(1, padded), needed, std::max(needed, batch_));
  for (Room& room : rooms_) {
    if (copies()) room.padded = AlignedFloats(size(images * padded + (by_line() ? kReadFurther : 0)));
    if (role_ == ConvRole::kWeights) {
      room.packed = AlignedFloats(
          size(by_line() ? out_ * lines_at_once() * meeting_.padded()[2]
                         : planes_at_once() * lines_at_once() * meeting_.targets()[2] * packed_columns()));
      continue;
    }
    room.packed = AlignedFloats(size(
        by_channel() ? depth() * in_
                     : groups_ * packed_floats(window_.elements() * channels / groups_, target_channels() / groups_)));
    room.from.resize(size(piece_)), room.to.resize(size(piece_));
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
  const std::int64_t targets = volume(meeting_.targets()), whole = batch_ < chunks_ ? meeting_.targets()[2] : targets;
  const auto cut = [&](int i) { return whole == 0 ? 0 : batch_ * targets / whole * i / chunks_ * whole; };
  for (std::int64_t row = cut(chunk), end = cut(chunk + 1); row < end; row += piece_) {
    const std::int64_t stop = std::min(end, row + piece_);
    if (by_line()) {
      hold(row / targets, (stop - 1) / targets + 1, (end - 1) / targets + 1, a, room);
      lines(row, stop, a, b, result, room);
    } else {
      product(row, stop, a, result, room);
    }
    if (done) done(row, stop);
  }
}

// The weights of each group as the product reads them.
void Convolver::pack(const float* w, Room& room) const {
  const bool forward = role_ == ConvRole::kForward;
  const std::int64_t k = source_channels() / groups_, n = target_channels() / groups_, taps = window_.elements();
  float* packed = room.packed.data();
  const std::int64_t ld = forward ? out_ : n, group = forward ? n : k * n,
                     tap = by_channel() ? in_ : k * ld * (forward ? 1 : groups_);
  for (std::int64_t t = 0; t < taps; ++t) {
    const float* const from = w + t * tap;
    const std::int64_t row = packed_row(t);
    if (by_channel()) {
      std::copy_n(from, in_, packed + row * in_);
      continue;
    }
    for (std::int64_t g = 0; g < groups_; ++g)
      kernels().pack_columns(from + g * group, size(k), size(n), size(ld), packed + g * packed_floats(taps * k, n),
                             size(row), size(taps * k));
  }
}

// Sees to it that the room holds the padded planes of images first .. end - 1, and as many of those up to `last` as
// fit.
void Convolver::hold(std::int64_t first, std::int64_t end, std::int64_t last, const float* source, Room& room) const {
  if (!copies() || (first >= room.first && end <= room.end)) return;
  const auto &from = meeting_.sources(), &whole = meeting_.padded(), &below = meeting_.below();
  const std::int64_t channels = source_channels(), line = from[2] * channels;
  const auto floats = static_cast<std::int64_t>(room.padded.size()) - (by_line() ? kReadFurther : 0);
  room.first = first, room.end = std::min(last, first + floats / (volume(whole) * channels));
  source += first * volume(from) * channels;
  for (std::int64_t image = 0; image < room.end - first; ++image)
    for (std::int64_t i = 0; i < from[0]; ++i)
      for (std::int64_t j = 0; j < from[1]; ++j, source += line)
        std::copy_n(
            source, line,
            room.padded.data() +
                (((image * whole[0] + i + below[0]) * whole[1] + j + below[1]) * whole[2] + below[2]) * channels);
}

const float* Convolver::image_of(std::int64_t image, const float* source, const Room& room) const {
  const std::int64_t padded = volume(meeting_.padded()) * source_channels();
  return copies() ? room.padded.data() + (image - room.first) * padded : source + image * padded;
}

// Rows row0 .. row1 - 1 of the result, over all planes.
void Convolver::product(std::int64_t row0, std::int64_t row1, const float* source, float* result, Room& room) const {
  const std::int64_t channels = source_channels(), to = target_channels(), k = channels / groups_, n = to / groups_,
                     rows = window_.elements() * k, plane = volume(meeting_.sources()) * channels;
  const std::int64_t step = meeting_.source_step() * channels, next = meeting_.target_step() * to;
  for (std::size_t p = 0; p < phases_.size(); ++p) {
    const Phase& phase = phases_[p];
    std::size_t m = 0;
    meeting_.each_run(p, row0, row1, [&](const Meeting::Run& run) {
      const float* at = source + run.plane * plane + run.source * channels;
      float* row = result + run.first * to;
      for (std::int64_t i = 0; i < run.count; ++i, at += step, row += next) room.from[m] = at, room.to[m++] = row;
    });
    GatherProduct g{m,
                    size(by_channel() ? channels : n),
                    size(k * phase.run),
                    phase.offsets.size(),
                    room.from.data(),
                    phase.offsets.data(),
                    room.packed.data(),
                    size(rows),
                    phase.rows.data(),
                    room.to.data()};
    if (by_channel()) {
      kernels().gather_channels(g);
      continue;
    }
    for (std::int64_t group = 0; group < groups_; ++group, g.b += packed_floats(rows, n)) {
      kernels().gather_product(g);
      if (group + 1 == groups_) break;
      for (std::size_t i = 0; i < m; ++i) room.from[i] += k, room.to[i] += n;
    }
  }
}

void Convolver::lines(std::int64_t row0, std::int64_t row1, const float* x, const float* w, float* y,
                      Room& room) const {
  const Taps& taps = meeting_.phases()[0];
  meeting_.each_run(0, row0, row1, [&](const Meeting::Run& run) {
    const float* const at = image_of(run.plane, x, room) + run.source;
    kernels().line_product({at, taps.offset.data(), taps.size(), w, size(out_), size(run.count), y + run.first * out_});
  });
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
  const std::int64_t most = by_line() ? kLines / ((1 + out_) * std::max<std::int64_t>(1, meeting_.padded()[2]))
                                      : kPlaces / std::max<std::int64_t>(1, places[2]);
  return std::clamp<std::int64_t>(most, 1, std::max<std::int64_t>(1, places[1]));
}
// Many rows of x meet each strip of y: the whole ones come to lie side by side.
std::int64_t Convolver::packed_columns() const {
  const std::int64_t strip = kernels().strip_columns;
  return out_ > strip && !by_channel() ? out_ / groups_ / strip * strip : 0;
}
std::int64_t Convolver::planes_at_once() const {
  const std::int64_t places = std::max<std::int64_t>(1, volume(meeting_.targets()));
  return meeting_.targets()[0] == 1 && !by_line()
             ? std::clamp<std::int64_t>(kPlaces / places, 1, std::max<std::int64_t>(1, batch_))
             : 1;
}

void Convolver::weights(const Part& part, const float* x, const float* y, float* w, Room& room) const {
  const auto &places = meeting_.targets(), &padded = meeting_.padded();
  const std::int64_t tap = in_ / groups_ * out_;
  std::fill_n(w + part.tap0 * tap, (part.tap1 - part.tap0) * tap, 0.0f);
  room.first = room.end = 0;
  if (volume(places) == 0) return;
  for (std::int64_t image = part.image0; image < part.image1; image += planes_at_once()) {
    const std::int64_t planes = std::min(planes_at_once(), part.image1 - image);
    hold(image, image + planes, part.image1, x, room);
    const float* const plane = image_of(image, x, room);
    for (std::int64_t i = 0; i < places[0]; ++i)
      for (std::int64_t j = 0; j < places[1]; j += lines_at_once()) {
        const float* const from = plane + (i * window_.stride[0] * padded[1] + j * window_.stride[1]) * padded[2] * in_;
        const float* const at = y + ((image * places[0] + i) * places[1] + j) * places[2] * out_;
        const Lines lines{planes, i, j, std::min(lines_at_once(), places[1] - j)};
        (this->*(by_line() ? &Convolver::add_line_sums : &Convolver::add_lines))(part, from, at, lines, w, room);
      }
  }
}

// From which of the lines to which one the tap meets lines of x that are not padding.
std::array<std::int64_t, 2> Convolver::inside(const Lines& lines, std::int64_t tap) const {
  const auto reach = [&](int axis, std::int64_t k) { return k * window_.dilation[axis] - window_.low[axis]; };
  const std::int64_t line = tap / window_.size[2], shift = reach(1, line % window_.size[1]),
                     slab = lines.slab * window_.stride[0] + reach(0, line / window_.size[1]);
  if (slab < 0 || slab >= meeting_.sources()[0]) return {0, 0};
  const auto first_at = [&](std::int64_t source) {
    const std::int64_t stride = window_.stride[1], j = source <= shift ? 0 : (source - shift + stride - 1) / stride;
    return std::clamp<std::int64_t>(j - lines.first, 0, lines.count);
  };
  return {first_at(0), first_at(meeting_.sources()[1])};
}

// A few lines of places as one vector of each channel, with zeros behind each where the lines of x are longer.
void Convolver::add_line_sums(const Part& part, const float* x, const float* y, const Lines& lines, float* w,
                              Room& room) const {
  const std::int64_t line = meeting_.targets()[2], wide = meeting_.padded()[2], ld = lines_at_once() * wide;
  for (std::int64_t j = 0; j < lines.count; ++j)
    kernels().transpose(y + j * line * out_, size(line), size(out_), size(out_), room.packed.data() + j * wide,
                        size(ld));
  kernels().line_sum({x, meeting_.phases()[0].offset.data() + part.tap0, size(part.tap1 - part.tap0),
                      room.packed.data(), size(ld), size(out_), size(lines.count * wide), w + part.tap0 * out_});
}

// The products of a few lines of places, the first at y and what it covers from x on, added to the weights.
void Convolver::add_lines(const Part& part, const float* x, const float* y, const Lines& lines, float* w,
                          Room& room) const {
  const std::int64_t in = in_ / groups_, out = out_ / groups_, line = meeting_.targets()[2],
                     strip = kernels().strip_columns, run = phases_[0].run;
  OuterSum sum{};
  sum.m = size(run * in), sum.ldc = size(out_);
  sum.planes = size(lines.planes), sum.count = size(line);
  sum.a_plane = size(volume(meeting_.padded()) * in_);
  sum.a_line = size(window_.stride[1] * meeting_.padded()[2] * in_), sum.a_step = size(window_.stride[2] * in_);
  const auto lies = [&](const float* b, std::int64_t step) {
    sum.b_step = size(step), sum.b_line = size(line * step), sum.b_plane = size(lines.count * line * step);
    return b;
  };
  const auto each_run = [&](const float* b, float* to, auto add) {
    for (std::int64_t t = part.tap0; t < part.tap1; t += run) {
      const auto [first, end] = inside(lines, t);
      if (first == end) continue;
      sum.lines = size(end - first), sum.b = b + size(first) * sum.b_line;
      sum.a = x + phases_[0].offsets[size(t / run)] + size(first) * sum.a_line, sum.c = to + t * in * out_;
      add(sum);
    }
  };
  if (by_channel()) {
    sum.n = size(in_);
    return each_run(lies(y, out_), w, kernels().outer_channels);
  }
  const std::int64_t places = lines.planes * lines.count * line, whole = packed_columns();
  for (std::int64_t g = 0; g < groups_; ++g, x += in, y += out) {
    if (whole > 0)
      kernels().pack_columns(y, size(places), size(whole), size(out_), room.packed.data(), 0, size(places));
    for (std::int64_t column = 0; column < out; column += strip) {
      sum.n = size(std::min(strip, out - column));
      const float* const b =
          column < whole ? lies(room.packed.data() + column * places, strip) : lies(y + column, out_);
      each_run(b, w + g * out + column, kernels().outer_sum);
    }
  }
}

}  // namespace limn
