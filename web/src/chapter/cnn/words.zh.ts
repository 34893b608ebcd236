// The chapter's own words, which are loaded with it.
import type { en } from './words.en';

export const zh: typeof en = {
  plates: { maps: '特征图', kernel: '卷积核', filters: '滤波器', explain: '它看了哪里？', moves: '移动后的图', ascent: '它想看见什么？', ablate: '少一个滤波器' },
  ready: '现成网络', ownText: '自定义结构', filters: '滤波器数，conv {n}', kernel: '核大小', stride: '步幅', padding: '填充', pooling: '池化', max: '最大值', average: '平均值', none: '无', norm: '批归一化', off: '关', on: '开', mixed: '不一', moreConv: '种子、优化器、初始权重',
  layer: '层', channel: '通道', place: '行，列', input: '输入', inChannel: '输入通道', patch: '图块', weights: '卷积核', products: '乘积', outside: '填充', sumShown: '所示之和', sumAll: '全部 {n} 个乘积之和', bias: '偏置', z: '激活前 z', a: '激活值 a', largestOf: '最大值', meanOf: '平均值',
  mapsNote: '每一层把特征图变成特征图。蓝为正，橙为负；各层有自己的范围。按一张图可近看。', noPlanes: '这个网络没有卷积：它把图像当作一列数。其他图仍可看。', more: '另有 {n} 个', size: '大小',
  mapSentence: '{layer}，{text}：{n} 张 {h}×{w} 的图；数的最大绝对值为 {v}。', map: '特征图', mean: '平均', look: '近看', pickPlace: '方向键在图上移动；按一下选定位置。', drawnNote: '这些数属于样本 {of}：画的数字没有凭据。',
  filtersNote: '每行是一个滤波器，每列是它读取的一个通道；每层范围相同。', filterSentence: '{layer}：{n} 个 {h}×{w} 的滤波器，读取 {c} 个通道。', norm2: '长度 ‖w‖', evolving: '它们如何形成', evolvingNote: '每个滤波器的第一个通道在保存的各步，范围相同。', evolvingRest: '训练停下时加入较早的步。', evolvingSentence: '{n} 个滤波器从第 {from} 步到第 {to} 步的长度。', filter: '滤波器', noWindow: '这一层没有窗口：它的数逐个来自其他层。', blockNote: '残差块等与转置卷积不逐项展示。',
  split: '统计于', measure: '在测试集上统计', testAccuracy: '测试集准确率', classes: '各类正确数', step: '第 {n} 步',
  versus: '与没有卷积的网络比较', versusNote: '数据、种子和设置相同，只用全连接层，参数同样多：{n} 对 {m}。', begin: '并排训练两者', begun: '两者都在训练。“比较训练”里有它们的曲线。', compare: '比较训练', ratio: '相差 {p} %', noTwin: '没有全连接网络的参数数与 {n} 相差在 1 % 之内。',
};
