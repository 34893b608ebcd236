// What the chapter's exercises say.
import type { TaskWords } from '../../part/tasks.svelte';

export const zh: Record<string, TaskWords> = {
  'next-accuracy': { title: '它能学到多好？', about: '用当前数据集的网络训练 1,000 步，最终会怎样？', question: '{arch}，数据为 {data}：{n} 步之后，验证数据上的 {metric} 是多少？', why: { so: '引擎训练了它，并在未参与学习的数据上测得 {truth}。' } },
  'who-is-to-blame': { title: '该由谁负责？', about: '一只企鹅，一步训练：有四个权重通向错得最多的输出。哪一个要移动得最多？', question: '下一步只取一只企鹅。它在输出 {output} 上错得最多。通向该输出的哪个权重会从这只企鹅得到最大的梯度？', why: { so: '输出的责任 {delta} 对四个权重都一样。{weight} 传递的激活最大，为 {a}：起决定作用的是激活的大小，而不是权重的大小。', tie: '有两个梯度相等：没有谁单独负责。' } },
  'saturated-sigmoid': { title: '自信却错误', about: '输出端的 sigmoid 对错误的类别十分肯定。两种损失追究它的责任，相差多少倍？', question: '输出的 z 为 {z}，因此回答 {a}，而真实值为 {t}。用交叉熵时它的 delta 是用平方误差 (y − t)² 时的多少倍？', why: { so: '平方误差要乘以斜率 2·y·(1 − y)，它在饱和处几乎为零；交叉熵则将其抵消。两者相差 {ratio} 倍；200 步之后的输出见最后两个数。', none: '其中一个 delta 为零，没有比值。' } },
  'zero-init': { title: '全部从零开始', about: '六个隐藏单元的权重全部从零开始。它们会变得不同吗？', question: '200 步之后，有几个互不相同的隐藏单元？', why: { so: '六个单元的每个权重比特完全相同：相同的单元得到相同的责任，移动也永远相同。这就是权重要随机初始化的原因。', other: '按权重的比特计算，有 {n} 个不同的单元。' } },
  'xor-units': { title: '异或需要几个单元？', about: '引擎将分别训练一、二、三、四个隐藏单元，各用三个随机种子。', question: '要在 {n} 步内使三个种子中至少一个的验证准确率达到 95 %，最少需要几个 tanh 单元？', why: { all: '有 {n} 个单元时，三个种子都达到了。', some: '有 {n} 个单元时，3 个种子中有 {of} 个达到：可以做到，但并非从任何起点都行。三个种子并不算多。', never: '在这些步数内，不超过四个单元时没有一个种子达到。更多步数也许可以。' } },
  'dropout-helps': { title: 'dropout 有用吗？', about: '训练数据很少而单元很多，容易过拟合。共三对训练，每对使用同一随机种子。', question: '用 {rows} 只企鹅训练，32 个隐藏单元，{n} 步。按三个种子的均值，0.5 的 dropout 会使验证准确率提高（+）或降低（−）多少个百分点？', why: { helps: 'dropout 提高了 {mean} 个百分点，三个种子的标准差为 {deviation}。三个种子并不算多。', hurts: 'dropout 使其变化 {mean} 个百分点，三个种子的标准差为 {deviation}：得不偿失。三个种子并不算多。', open: '均值为 {mean} 个百分点，但三个种子的标准差为 {deviation}：不能判定它是否有用。' } },
};
