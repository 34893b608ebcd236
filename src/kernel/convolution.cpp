#include "kernel/convolution.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace limn {
namespace {

constexpr double kChunkFlops = 5e5;          // below, a chunk is not worth a second thread
constexpr std::int64_t kPiece = 120;         // rows at a time: a multiple of all register blocks
constexpr std::int64_t kPlaces = 128;        // places that the sums of the weights go on over at a time
constexpr std::int64_t kPartials = 1 << 21;  // floats of all partial weights together, at most

std::size_t size(std::int64_t of) { return static_cast<std::size_t>(of); }

// Copies n floats, few of them: without a call.
inline void copy_few(const float* from, std::int64_t n, float* to) {
  for (; n >= 4; n -= 4, from += 4, to += 4) std::memcpy(to, from, 16);
  for (; n > 0; --n) *to++ = *from++;
}

}  // namespace

Convolver::Convolver(ConvRole role, const Window& window, const Shape& x, const Shape& w, const Shape& y)
    : role_(role),
      window_(window),
      batch_(x[0]),
      in_(x[-1]),
      out_(y[-1]),
      groups_(window.groups),
      in_group_(in_ / groups_),
      out_group_(out_ / groups_),
      plane_(plane_of(window, x)),
      places_(plane_of(window, y)),
      meeting_(window, plane_, role == ConvRole::kData ? Meeting::Way::kBackward : Meeting::Way::kForward),
      zeros_(size(std::max(in_, out_))) {
  const double flops = 2.0 * static_cast<double>(y.size()) * static_cast<double>(depth());
  const std::int64_t worth = std::clamp<std::int64_t>(static_cast<std::int64_t>(flops / kChunkFlops), 1, 8);
  if (role == ConvRole::kWeights) {
    parts_ = static_cast<int>(
        std::clamp<std::int64_t>(std::min(batch_, kPartials / std::max<std::int64_t>(1, w.size())), 1, worth));
    const bool cuts_taps = !unfolds();
    const auto taps = static_cast<int>(cuts_taps ? std::min(window.elements(), worth / parts_) : 1);
    chunks_ = parts_ * std::max(1, taps);
    if (parts_ > 1) partial_ = AlignedFloats(size(parts_ * w.size()));
  } else {
    const std::int64_t rows = batch_ * meeting_.targets();
    chunks_ = static_cast<int>(std::clamp<std::int64_t>(rows / kPiece, 1, worth));
  }
  left_ = chunks_;
  rooms_.resize(size(chunks_));
  const bool forward = role == ConvRole::kForward;
  const std::int64_t k = forward ? in_group_ : out_group_, n = forward ? out_group_ : in_group_;
  for (Room& room : rooms_) {
    if (unfolds())
      room.patches = AlignedFloats(size(kPiece * depth()));
    else if (role != ConvRole::kWeights && !by_channel())
      room.packed = AlignedFloats(size(groups_ * packed_floats(window.elements() * k, n)));
    if (role == ConvRole::kWeights)
      room.runs.reserve(size(lines_at_once()));
    else
      room.from.resize(size(kPiece * window.elements())), room.to.resize(size(kPiece));
  }
}

void Convolver::run(int chunk, const float* a, const float* b, float* result, const Done& done) const {
  Room& room = rooms_[size(chunk)];
  if (role_ == ConvRole::kWeights) {
    const Part part = part_of(chunk);
    const std::int64_t whole = depth() * out_;
    float* const w = parts_ > 1 ? partial_.data() + part.number * whole : result;
    if (unfolds())
      weights_unfolded(part, a, b, w, room);
    else
      weights(part, a, b, w, room);
    if (parts_ == 1 || left_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    left_.store(chunks_, std::memory_order_relaxed);
    kernels().sum_columns(partial_.data(), size(parts_), size(whole), size(whole), result);
    return;
  }
  const std::int64_t rows = batch_ * meeting_.targets();
  const auto cut = [&](int i) { return i == chunks_ ? rows : rows * i / chunks_ / kPiece * kPiece; };
  if (!unfolds() && !by_channel()) pack(b, room);
  for (std::int64_t row = cut(chunk), end = cut(chunk + 1); row < end; row += kPiece) {
    product(row, std::min(end, row + kPiece), a, b, result, room);
    if (done) done(row, std::min(end, row + kPiece));
  }
}

// The weights of each group, tap after tap, in strips.
void Convolver::pack(const float* w, Room& room) const {
  const bool forward = role_ == ConvRole::kForward;
  const std::int64_t k = forward ? in_group_ : out_group_, n = forward ? out_group_ : in_group_,
                     taps = window_.elements(), ld = forward ? out_ : in_group_, tap = forward ? k * out_ : out_ * n;
  float* packed = room.packed.data();
  for (std::int64_t g = 0; g < groups_; ++g, packed += packed_floats(taps * k, n))
    for (std::int64_t t = 0; t < taps; ++t)
      kernels().pack_columns(w + t * tap + (forward ? g * n : g * k * n), size(k), size(n), size(ld), packed,
                             size(t * k), size(taps * k));
}

// Where each tap's numbers lie; zeros outside.
void Convolver::rows_from(const Taps& taps, const Meeting::Base& base, const float* plane, const float** to) const {
  const std::int64_t channels = role_ == ConvRole::kData ? out_ : in_;
  if (meeting_.all_inside(taps, base)) {
    const float* const first = plane + meeting_.first(base) * channels;
    for (std::size_t t = 0; t < taps.size(); ++t) to[t] = first + taps.offset[t] * channels;
    return;
  }
  for (std::size_t t = 0; t < taps.size(); ++t) {
    const std::int64_t element = meeting_.element(taps, t, base);
    to[t] = element < 0 ? zeros_.data() : plane + element * channels;
  }
}

// Rows row0 .. row1 - 1 of y = a w, over all planes.
void Convolver::product(std::int64_t row0, std::int64_t row1, const float* a, const float* w, float* y,
                        Room& room) const {
  const bool forward = role_ == ConvRole::kForward;
  const std::int64_t from = forward ? in_ : out_, to = forward ? out_ : in_, k = from / groups_, n = to / groups_,
                     taps = window_.elements();
  if (unfolds()) {
    unfold(row0, row1, a, room.patches.data());
    return kernels().gemm(false, size(row1 - row0), size(n), size(depth()), room.patches.data(), size(depth()), w,
                          size(n), y + row0 * n, size(n), false);
  }
  for (std::size_t phase = 0; phase < meeting_.phases().size(); ++phase) {
    const Taps& its = meeting_.phases()[phase];
    std::size_t m = 0;
    meeting_.each(phase, row0, row1, [&](std::int64_t row, std::int64_t image, const Meeting::Base& base) {
      rows_from(its, base, a + image * meeting_.sources() * from, room.from.data() + m * its.size());
      room.to[m++] = y + row * to;
    });
    GatherProduct g{m,
                    size(n),
                    size(k),
                    its.size(),
                    room.from.data(),
                    its.index.data(),
                    room.packed.data(),
                    size(taps * k),
                    room.to.data()};
    if (by_channel()) {
      g.n = size(from), g.b = w;
      kernels().gather_channels(g);
      continue;
    }
    for (std::int64_t group = 0; group < groups_; ++group, g.b += packed_floats(taps * k, n)) {
      kernels().gather_product(g);
      if (group + 1 == groups_) break;
      // The next group's channels lie behind these, but for the zeros, which are as long as all of them.
      for (std::size_t i = 0; i < m * its.size(); ++i)
        if (room.from[i] != zeros_.data()) room.from[i] += k;
      for (std::size_t i = 0; i < m; ++i) room.to[i] += n;
    }
  }
}

// patches [row1 - row0, depth]: what each place covers.
void Convolver::unfold(std::int64_t row0, std::int64_t row1, const float* x, float* patches) const {
  const Taps& taps = meeting_.phases()[0];
  const std::int64_t run = window_.dilation[2] == 1 ? window_.size[2] : 1;
  meeting_.each(0, row0, row1, [&](std::int64_t, std::int64_t image, const Meeting::Base& base) {
    const float* const plane = x + image * meeting_.sources() * in_;
    if (meeting_.all_inside(taps, base)) {
      const float* const first = plane + meeting_.first(base) * in_;
      for (std::size_t t = 0; t < taps.size(); t += size(run), patches += run * in_)
        copy_few(first + taps.offset[t] * in_, run * in_, patches);
      return;
    }
    for (std::size_t t = 0; t < taps.size(); ++t, patches += in_) {
      const std::int64_t element = meeting_.element(taps, t, base);
      std::copy_n(element < 0 ? zeros_.data() : plane + element * in_, in_, patches);
    }
  });
}

Convolver::Part Convolver::part_of(int chunk) const {
  const int taps = chunks_ / parts_, part = chunk / taps, tap = chunk % taps;
  return {batch_ * part / parts_, batch_ * (part + 1) / parts_, window_.elements() * tap / taps,
          window_.elements() * (tap + 1) / taps, part};
}

// Runs of places that meet tap `tap` inside, on lines line0 .. line1 - 1 of one plane of places.
void Convolver::runs_of(std::int64_t tap, std::int64_t line0, std::int64_t line1, const float* x, const float* y,
                        std::vector<OuterRun>& runs) const {
  const auto& shift = meeting_.phases()[0].shift[size(tap)];
  const Window& w = window_;
  const std::int64_t reach = shift[2] - w.low[2], stride = w.stride[2];
  const std::int64_t c0 = reach >= 0 ? 0 : (-reach + stride - 1) / stride, room = plane_[2] - 1 - reach,
                     c1 = std::min(places_[2], room < 0 ? 0 : room / stride + 1);
  runs.clear();
  if (c0 >= c1) return;
  for (std::int64_t line = line0; line < line1; ++line) {
    const std::int64_t a = line / places_[1] * w.stride[0] + shift[0] - w.low[0],
                       b = line % places_[1] * w.stride[1] + shift[1] - w.low[1];
    if (a < 0 || a >= plane_[0] || b < 0 || b >= plane_[1]) continue;
    runs.push_back({x + ((a * plane_[1] + b) * plane_[2] + c0 * stride + reach) * in_,
                    y + (line * places_[2] + c0) * out_, size(c1 - c0)});
  }
}

std::int64_t Convolver::lines_at_once() const { return std::max<std::int64_t>(1, kPlaces / places_[2]); }

void Convolver::weights(const Part& part, const float* x, const float* y, float* w, Room& room) const {
  std::fill_n(w + part.tap0 * in_group_ * out_, (part.tap1 - part.tap0) * in_group_ * out_, 0.0f);
  const std::int64_t lines = places_[0] * places_[1], at_once = lines_at_once();
  for (std::int64_t image = part.image0; image < part.image1; ++image)
    for (std::int64_t line = 0; line < lines; line += at_once)
      for (std::int64_t tap = part.tap0; tap < part.tap1; ++tap) {
        runs_of(tap, line, std::min(lines, line + at_once), x + image * plane_[0] * plane_[1] * plane_[2] * in_,
                y + image * lines * places_[2] * out_, room.runs);
        OuterSum sum{size(in_group_),
                     size(out_group_),
                     room.runs.data(),
                     room.runs.size(),
                     size(window_.stride[2] * in_),
                     size(out_),
                     w + tap * in_group_ * out_,
                     size(out_)};
        if (by_channel()) {
          sum.n = size(in_);
          kernels().outer_channels(sum);
          continue;
        }
        for (std::int64_t group = 0; group < groups_; ++group, sum.c += out_group_) {
          kernels().outer_sum(sum);
          for (OuterRun& run : room.runs) run.a += in_group_, run.b += out_group_;
        }
      }
}

void Convolver::weights_unfolded(const Part& part, const float* x, const float* y, float* w, Room& room) const {
  std::fill_n(w, depth() * out_, 0.0f);
  const std::int64_t end = part.image1 * meeting_.targets();
  for (std::int64_t row = part.image0 * meeting_.targets(); row < end; row += kPiece) {
    const std::int64_t rows = std::min(kPiece, end - row);
    unfold(row, row + rows, x, room.patches.data());
    kernels().gemm(true, size(depth()), size(out_), size(rows), room.patches.data(), size(depth()), y + row * out_,
                   size(out_), w, size(out_), true);
  }
}

std::int64_t Convolver::scratch_floats() const {
  std::size_t floats = partial_.size();
  for (const Room& room : rooms_) floats += room.packed.size() + room.patches.size();
  return static_cast<std::int64_t>(floats);
}

}  // namespace limn
