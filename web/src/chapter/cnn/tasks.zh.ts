// What the chapter's exercises say.
import type { TaskWords } from '../../part/tasks.svelte';

export const zh: Record<string, TaskWords> = {
  'pooling-shift': {
    title: '池化能换来平移的宽容吗？', about: '三对网络，每对一个种子：一个有池化，一个没有。然后移动所有测试图像。',
    question: '{n} 步之后，把所有测试图像向右、左、下、上各移动 {far} 个像素。没有池化的网络比有池化的多损失多少个百分点的准确率？',
    why: { helps: '移动 {far} 个像素，有池化的网络损失 {pooled} 个百分点，没有的损失 {bare}：池化换来 {mean}（各种子间 ± {deviation}）。“移动后的图”里有第一对的曲线。', hurts: '移动 {far} 个像素，有池化的网络损失 {pooled} 个百分点，没有的损失 {bare}：这里池化没有帮助，反而是 {mean}（各种子间 ± {deviation}）。后面的全连接层仍然认得位置。“移动后的图”里有第一对的曲线。', open: '有池化的损失 {pooled} 个百分点，没有的损失 {bare}；差别 {mean} 在各种子间的偏差 {deviation} 之内。大小为 2 的池化容得下一个像素，容不下 {far} 个。“移动后的图”里有第一对的曲线。' },
  },
  'which-filter': {
    title: '哪个滤波器分得开 1 和 7？', about: '一个小网络学认数字。然后把第一层的滤波器逐个消融，每次重新统计测试集。',
    question: '它已走了 {n} 步。看看它的滤波器和特征图：少了哪一个，1 和 7 互相认错的最多？',
    why: { so: '没有 {filter} 时有 {to} 个，全部都在时是 {from} 个。各滤波器：{all}。', tie: '没有哪一个能单独决定；原来有 {from} 个。各滤波器：{all}。' },
  },
  'dense-loses': {
    title: '没有窗口的网络失去什么？', about: '三个卷积网络，各配一个参数同样多的全连接网络，用同样的批次学习。',
    question: '有窗口的 {m} 个参数，没有窗口的 {d} 个：{n} 步之后，全连接网络的测试准确率落后多少个百分点？',
    why: { loses: '有窗口的正确 {conv}，没有的 {dense}：相差 {mean} 个百分点（各种子间 ± {deviation}）。在一处学会的笔画，处处都认得。', wins: '有窗口的正确 {conv}，没有的 {dense}：这里全连接网络领先。', open: '有窗口的正确 {conv}，没有的 {dense}；{mean} 个百分点在各种子间的偏差 {deviation} 之内。' },
  },
};
