#include "train/feed.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/random.hpp"
#include "kernel/kernels.hpp"

namespace limn {

Feed::Feed(TargetKind target, std::int64_t batch, std::int64_t features)
    : target_(target),
      batch_(batch),
      features_(features),
      chunks_(batch * features >= 16384 && batch >= 4 ? 4 : 1),
      x_(static_cast<std::size_t>(batch * features)),
      y_(static_cast<std::size_t>(batch)) {}

Stage Feed::stage() {
  return {chunks_, [](void* self, int chunk) { static_cast<Feed*>(self)->fill(chunk); }, this};
}

void Feed::vary(const Augmentation& augmentation, std::uint64_t seed) {
  augmentation_ = augmentation;
  key_ = stream_key(seed, "augment");
  rooms_.resize(augmentation.any() ? static_cast<std::size_t>(chunks_) : 0);
}

void Feed::move(const Motion& motion) {
  motion_ = motion;
  moves_.resize(static_cast<std::size_t>(chunks_));
}

void Feed::fill(int chunk) {
  const std::int64_t low = batch_ * chunk / chunks_, high = batch_ * (chunk + 1) / chunks_;
  const auto n = static_cast<std::size_t>(features_);
  for (std::int64_t i = low; i < high; ++i) {
    const std::int32_t row = rows_[i];
    const std::size_t from = static_cast<std::size_t>(row) * n;
    float* to = x_.data() + i * features_;
    if (data_->values.empty())
      kernels().from_bytes(data_->bytes.data() + from, n, data_->byte_scale, to);
    else
      for (std::size_t k = 0; k < n; ++k) to[k] = data_->values[from + k];  // rows of tables are short
    if (augmentation_.any())
      augment(augmentation_, data_->sample, key_, epoch_, row, {to, n}, rooms_[static_cast<std::size_t>(chunk)]);
    if (motion_) {
      MoveRoom& room = moves_[static_cast<std::size_t>(chunk)];
      room.still.assign(to, to + n);
      move_image(room.still, data_->sample, *motion_, {}, {to, n}, room.rest);
    }
    data_->preprocessing.normalize({to, n});
    if (target_ == TargetKind::kInputs) continue;
    if (target_ == TargetKind::kLabels)
      std::memcpy(y_.data() + i, &data_->labels[row], sizeof(std::int32_t));
    else if (target_ == TargetKind::kCounts)  // back in their own units
      y_.data()[i] = static_cast<float>(std::fmax(
          data_->targets[row] * data_->preprocessing.target_deviation + data_->preprocessing.target_mean, 0.0));
    else
      y_.data()[i] = target_ == TargetKind::kBinary ? static_cast<float>(data_->labels[row]) : data_->targets[row];
  }
}

AlignedFloats balanced_weights(const Dataset& data) {
  std::vector<std::int64_t> counts(data.classes.size(), 0);
  for (const std::int32_t row : data.train) {
    const std::int32_t label = data.labels[static_cast<std::size_t>(row)];
    if (label >= 0) ++counts[static_cast<std::size_t>(label)];
  }
  AlignedFloats weights(counts.size());
  for (std::size_t k = 0; k < counts.size(); ++k)
    weights.data()[k] = static_cast<float>(
        static_cast<double>(data.train.size()) /
        static_cast<double>(static_cast<std::int64_t>(counts.size()) * std::max<std::int64_t>(counts[k], 1)));
  return weights;
}

}  // namespace limn
