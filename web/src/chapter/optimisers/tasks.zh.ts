// What the chapter's exercises say.
import type { TaskWords } from '../../part/tasks.svelte';

export const zh: Record<string, TaskWords> = {
  'race-evaluations': { title: '谁用得最少？', about: '三位选手在 Rosenbrock 的山谷中，各用其默认设置。比的是函数被求值的次数。', question: '在 {n} 步之内，按求值次数计，谁最先低于 {bound}？', why: { so: '{name}用了 {n} 次求值；三者中共有 {of} 个到达这么低。', open: '没有谁到达，或有两个次数相同：三者中有 {of} 个到达。' } },
  'momentum-worth': { title: '动量值多少？', about: '一只碗，一个方向比另一个方向陡一百倍；两种方法各用最佳的学习率。', question: '条件数为 {k}。要使 f 降到原来的 {less}，梯度下降所需步数是动量的多少倍？两者都用理论上最佳的设置。', why: { so: '梯度下降用了 {a} 步，动量用了 {b} 步：相差 {ratio} 倍。条件数的平方根是 {root}。', open: '其中一个没有到达这么低：分别为 {a} 步和 {b} 步。' } },
  'bias-correction': { title: 'Adam 的第一步', about: 'Adam 的两个平均都从零开始。若无人修正，第一步会是什么样？', question: 'β₁ = {b1}，β₂ = {b2}：不作修正时，Adam 的第一步是修正时的多少倍长？', why: { longer: '是 {ratio} 倍长：m 只有梯度的十分之一，但 v 遗忘得更慢，它的平方根还要小得多。', shorter: '是 {ratio} 倍长。' } },
  'cg-steps': { title: '要多少个方向？', about: '六个变量的二次函数，条件数很差。共轭梯度每次只沿一个方向搜索。', question: '共 {n} 个变量。多少步之后，梯度的最大分量低于 10⁻⁶？', why: { so: '{k} 步之后。若运算与搜索都精确，一共只有 {n} 个共轭方向；舍入误差和提前结束的搜索造成其余的步数。', open: '没有到达这么低。' } },
  'noise-winner': { title: '谁经得起噪声？', about: '同一只碗，三位选手，但每次梯度的每个分量都加上标准差为 1 的随机数。', question: '{n} 步之后，或在它放弃之处，谁的 f 最低？取它最后几步中五步的中位数。', why: { so: '{name}最低，{last}最高。取平均能平息噪声；从带噪声的梯度之差学来的曲率却不可信。', other: '这一次{name}最低，{last}最高：换一组噪声，结果可能不同。' } },
};
