// The chapter's own words, which are loaded with it.
import type { en } from './words.en';

export const zh: typeof en = {
  cockpit: {
    title: '上一步由什么组成', note: '40 个区间；{n} 个数', all: '全部参数', of: '参数', still: '还没有走过一步：请按单步。', percent: '{p} % 处的大小', zeros: '{n} 个恰为零', lost: '{n} 个没有值',
    what: { g: '这批样本的梯度', step: '这一步加上的量', rate: '有效学习率', kept: '规则保存的量', line: '已校正从 0 出发的偏差', plain: '未作校正' }, log: '按十的幂刻度', below: '横线以下为负数',
    sentence: '{what}：一半的大小不超过 {median}，百分之九十在 {low} 与 {high} 之间。', quantile: '百分之 {p} 的数不超过的大小', without: '不作偏差校正，另赛一名', adamRate: 'η/(√v̂ + ε)：每个参数的均值 m̂ 所乘的数', otherRate: '每个参数的 |Δθ|/|g|：步长除以这批样本的梯度',
  },
  range: {
    title: '学习率范围测试', note: '一次训练，学习率按等比增大，总共一百万倍（Smith 2017）', go: '测试{name}的学习率', again: '再测一次', up: '直到', busy: '引擎正在训练……', rate: '学习率', loss: '平均损失', smooth: '平滑',
    steepest: '下降最快', lowest: '最低', blows: '发散', never: '直到 {lr} 都没有', take: '以 {lr} 参赛', none: '{name} 自己决定每一步的长度。请选择一种规则，例如 Adam。', marks: '标记取自每 {n} 步的平均；平均损失达到最低值的四倍或不再是数时，算作发散。',
    sentence: '学习率从 {from} 到 {to}：在 {steepest} 处损失下降最快，在 {lowest} 处最低，在 {blows} 处发散。', ended: '学习率为 {lr} 时损失不再是数：引擎停止了。',
  },
  inputs: { title: '相同的输入', weights: '第 0 步的权重', rows: '下一步的样本', all: '{n} 名都相同', part: '{names}：相同', alone: '{names}', differ: '不相同！', note: '摘要由引擎计算：一个取自全部权重的位，一个取自网络将看到的样本（已作增广，不计次序）。每步样本数不同的参赛者，摘要也不同。' },
  network: {
    evaluationsNote: '求值次数是对全部 {n} 个样本求梯度的次数：b 个样本算 b/{n} 次，与 Hessian 相乘算 2 次，求整个 Hessian 每个参数算 2 次。', atStep: '含衰减，第 {n} 步', valueNote: '按现有权重，全部训练样本的平均损失加上 权重衰减/2 · Σ w²：这正是极小化方法要降低的量。图中是每一步所用样本的损失，不含衰减。', chartNote: '每一步开始时所用样本的平均损失，不含衰减，对数坐标', about: '{data}，{arch}：{n} 个参数', arch: '结构', decay: '权重衰减', batch: '每步样本数，共 {n}', other: '另一个网络', same: '所有参赛者都从种子 {seed} 的权重出发，每步用相同的 {batch} 个样本（共 {n} 个）。', deviation: '标准差', tooMany: '{n} 个参数的海森矩阵不在此显示：64 个以内画成图，512 个以内给出特征值。' },
  lossPlane: { of: '平面经过', ends: '起点与两个终点', step: '梯度与上一步', a: 'A', b: 'B', start: '起点', before: '前一步', downhill: '沿下坡等距', loss: '损失', distance: '离平面', share: '在平面内', rows: '按全部 {n} 个训练样本计算。', someRows: '按 {n} 个训练样本中的 {r} 个计算，此处各数皆同。', contours: '等高线：每十倍 {k} 条', still: '还没有人离开起点：请按单步或播放。', stillStep: '还没有走过一步：请按单步。', alone: '平面需要两个终点：请添加参赛者。', asked: '引擎正在测量平面…',
    caveat: '{n} 个方向中只有两个。轨迹只是影子：末栏说各步到起点距离的平方中留在平面里的份额。图中的墙也许可以绕过，图中相遇的参赛者也许相距很远。', caveatStep: '{n} 个方向中只有两个：在其余方向上损失可能完全不同。图中的墙也许可以绕过。',
    at: '此处损失约 {f}', trail: '{name}，第 {n} 步：损失 {v}，离平面 {d}；其正下方约 {f}', keys: '方向键在平面上移动，Page Up 与 Page Down 沿当前参赛者的轨迹移动。' },
  landscape: { rosenbrock: 'Rosenbrock', beale: 'Beale', himmelblau: 'Himmelblau', booth: 'Booth', matyas: 'Matyas', 'three-hump-camel': '三峰驼', 'six-hump-camel': '六峰驼', mccormick: 'McCormick', 'goldstein-price': 'Goldstein-Price', ellipse: '二次函数', saddle: '鞍面', ackley: 'Ackley', rastrigin: 'Rastrigin', penguins: '企鹅', 'mnist-softmax': 'Softmax', 'mnist-mlp': 'MNIST' },
  method: { sgd: '梯度下降', momentum: '动量', nesterov: 'Nesterov', gd: '最速下降', cg: '共轭梯度', bfgs: 'BFGS', lbfgs: 'L-BFGS', newton: '牛顿法', 'newton-ls': '牛顿法（线搜索）', 'newton-cg': 'Newton-CG', hf: '无 Hessian', lm: 'Levenberg-Marquardt', adagrad: 'AdaGrad', rmsprop: 'RMSprop', 'rmsprop-centred': 'RMSprop（中心化）', adadelta: 'AdaDelta', adam: 'Adam', amsgrad: 'AMSGrad', adamax: 'AdaMax', nadam: 'NAdam', radam: 'RAdam', adamw: 'AdamW', lion: 'Lion', rprop: 'Rprop' },
  short: { cg: '共轭', 'newton-ls': '牛顿 LS', lm: 'LM', hf: 'HF', 'rmsprop-centred': 'RMSprop c' },
  from: '自第 {n} 步', startAt: '起点 ({x})', start: '起点', minimum: '最小点', localMinimum: '局部极小点', aFormula: '公式',
  axis: { steps: '步数', evaluations: '求值次数', seconds: '秒' }, axisLabel: '图的横轴', evaluations: '求值 {n} 次', tooShort: '引擎太快，尚测不出时间：请继续播放',
  chartNote: '对数，越低越好', chartLinear: '越低越好', doneAt: '完成于 {n}',
  contours: '等高线：十的幂', contoursAbove: '等高线：高出 {v} 的十的幂', contoursEvery: '等高线：每隔 {v}', plane: '{names}，其余变量保持当前值', oneVariable: '一元函数没有地图；下方图中有它的值。',
  map: '函数地图', mapNote: '点击一处即从那里出发。键盘：方向键移动，回车出发。', at: 'x {x}，y {y}，f 约为 {f}', zoomIn: '放大', zoomOut: '缩小', fit: '全貌', fitTrails: '显示全部轨迹',
  racers: '选手', atStep: '第 {n} 步的 f', add: '增加选手', remove: '移除{name}', kept: '其他选手由它分出', diverged: '发散', none: '无值',
  function: '函数', choose: '地形', formula: '公式', constants: '常数', startsAt: '起点', go: '在此比赛', formulaNote: 'x、y，或 x[1]、x[2]…：sum(i=1..n, x[i]^2)',
  condition: '条件数 k', again: '再比一次', steps: '步数', switchTo: '自第 {n} 步改用', doSwitch: '改用', inside: '{name}内部', chosen: '{name}',
  still: '尚未走步：请按“步”。', whenPaused: '比赛停下后显示。', of: '{all} 个分量中的 {n} 个',
  row: { g: '梯度', m: 'g 的均值', v: 'g² 的均值', mh: '修正后', vh: '修正后', s: 'g² 之和', u: 'Δ² 的均值', vel: '速度', max: '最大的 v', inf: '最大的 |g|', c: '混合', sign: '旧梯度', size: '步幅', rate: '有效学习率', step: '实际步长', other: '中间量' },
  rateNote: '步长除以 {m}，在此页相除', noisy: '不含噪声', arrows: '梯度与步长', minusG: '下坡方向', angle: '夹角', arrowsSentence: '这一步与正下坡方向相差 {angle}°。',
  fact: { step: '步长', step_norm: '移动距离', initial_slope: '0 处斜率', gradient_norm: '最大的 |g|', radius: '信赖域半径', damping: '阻尼', predicted: '预计下降', evaluations: '求值次数', trials: '试探次数', accepted: '已接受', restarted: '已重启' }, yes: '是', no: '否', on: '开', off: '关', show: '看{name}',
  search: { title: '沿搜索方向', note: '试探点按先后编号，各有函数值与斜率。', none: '{name}不沿直线搜索：它按规则直接走步。请选择 BFGS 等极小化方法。', trust: '只有一次试探：此方法整步接受或放弃。', a: 'a', value: 'φ(a)', slope: 'φ′(a)', armijo: '充分下降', curvature: '曲率', most: '至多', holds: '成立', fails: '不成立', sentence: '沿此方向试探 {n} 次；所取步长为 {a}。', guide: '虚线：过函数值与斜率的示意' },
  matrix: { inverse: '真实的逆 Hessian', flat: '不含平坦的方向', learnt: 'BFGS 学到的近似', hessian: 'Hessian', apart: '两者的距离', apartNote: '各元素差的平方和之根，除以真值的', spectrum: '曲率：特征值', positive: '向上', negative: '向下', sentence: '特征值从 {low} 到 {high}。', condition: '最大与最小之比', tooMany: '有 {n} 个变量，放不下整个矩阵。', limit: '界限 ±{v}', bfgsOnly: '选择 BFGS 可看到它学到了什么。' },
  phase: { title: '各种学习率下的动量', note: '{n} 步后的 f 与起点 f 之比的 log₁₀', rate: '学习率', momentum: '动量', better: '更低', worse: '更高', diverges: '发散', sentence: '学习率 {lr}、动量 {beta} 时最好：f 降为起点的 10^{v}。', at: '学习率 {lr}，动量 {beta}：{v}', set: '回车或点击可设定{name}', nobody: '加入动量或 Nesterov，才能设定一点。' },
  newRace: '新的比赛', joins: '加入',
  told: '第 {step} 步；{name}最低，f 为 {f}。',
};
