// The words of the plates that explain, which are loaded with them.
import type { en } from './words.en';

export const zh: typeof en = {
  title: '它看了哪里？', forClass: '什么支持', itsAnswer: '网络的回答', score: '得分', p: 'p', atStep: '第 {n} 步', waiting: '引擎正在解释…', patch: '遮块', stride: '步幅',
  occlusion: '遮挡', occlusionNote: '边长 {p} 像素、值为 0 的方块依次遮住每个位置。蓝：遮住它，得分下降。', saliency: '显著图', saliencyNote: '得分对每个像素的导数。蓝：墨多，得分升高。', gradCam: 'Grad-CAM', gradCamNote: '{layer} 的各特征图乘以各自的平均导数，相加，只留正的部分。',
  hidden: '遮住此处', keys: '方向键在三幅图上一起移动位置；按一下选定位置。', place: '行，列', value: '数值',
  sentence: '{title}：对 {class} 最要紧的像素在第 {y} 行、第 {x} 列，为 {v}。', none: '此处没有数', drawn: '你画的数字',
  why: '它不是训练的一个量：引擎用这一步的权重按请求算出。在命令行上得到同样的数：', whyHere: '它不是训练的一个量：引擎用这一步的权重按请求算出，而那幅图只在这个页面上。请求是：',
  layer: '层', filter: '滤波器', countedOn: '统计于', accuracy: '准确率', change: '变化', stop: '停止',
  movesTitle: '移动后图像的准确率', movesNote: '整个数据子集的图像都同样移动；移出画面的部分丢失，移进来的是空白。不移动时就是原来的准确率，逐位相同。', along: '移动', alongOf: { right: '向右', down: '向下', degrees: '顺时针旋转' }, pixels: '像素', degrees: '度',
  measureMoves: '测量这个网络', besideOf: { none: '与之比较：无池化', max: '与之比较：最大池化', average: '与之比较：平均池化' }, counting: '引擎在统计…', takeAway: '去掉', movesSentence: '{name}：不移动时正确 {still}，最差 {far}。',
  ablateTitle: '少一个滤波器', ablateNote: '消融一个滤波器：它的输出置零，其余不变，也不再学习。那一格统计某一类图像被当作另一类的个数。', cell: '格', ablateGo: '逐个消融 {n} 个', counted: '{n} / {of}', allThere: '全部都在', noClasses: '这个网络没有可消融的滤波器，或没有可混淆的类别。',
  separator: '{filter} 最能分开 {cell}：没有它，这一格从 {from} 增至 {to}。', noSeparator: '这一层没有一个滤波器在消融后使 {cell} 这一格变大。',
  ascentTitle: '各步的值', ascentNote: '图像从灰色噪声开始，沿梯度一步步上升。无论训练怎样继续，网络都保持开始时那一步的权重。', ascendFor: '最大化', classWord: '类别', beginAt: '开始（第 {n} 步）', play: '上升', pause: '暂停', oneStep: '一步', again: '回到起点', perFrame: '每帧步数', where: '特征图的', whereOf: { place: '一个位置', mean: '平均值' },
  ascentStep: '步数', activation: '激活', highest: '最高，{n} 步后', print: '指纹', ascentSentence: '{name}，{n} 步：值从 {from} 变到 {to}。',
  knob: { lr: '步长', l2: 'L2', tv: '平滑', blur: '模糊', jitter: '抖动', seed: '种子' }, knobNote: { lr: '每一步在每个像素上的平均大小', l2: '乘以所有像素的平方和，再减去', tv: '乘以相邻像素之差的平方和，再减去', blur: '每四步之后作这么多像素的高斯模糊', jitter: '每一步看到的图像至多移动这么多像素', seed: '决定最初的图像和抖动' },
  stoppedOf: { 'not rising': '停下了：50 步没有更高的值。', flat: '停下了：没有像素能改变激活。', 'not finite': '停下了：值不是数。' },
};
