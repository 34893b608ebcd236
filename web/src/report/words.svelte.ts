// The words of the report, which travel with it: both languages, chosen by the reader and remembered nowhere.
import type { Both } from '../engine/protocol';

const en = {
  other: '中文', theme: 'Light or dark', report: 'report', titleOf: '{what} on {data}',
  step: 'step', ofSteps: 'of {n}', afterStep: 'after step {n}', thisRun: 'this run', main: 'main', branch: 'branch {n}',
  training: 'training loss', validLoss: 'validation loss', accuracy: 'validation accuracy', testAccuracy: 'test accuracy', r2: 'validation R²',
  curves: 'Learning curves', loss: 'Loss', accuracyTitle: 'Accuracy', ofValid: 'of the validation rows',
  curvesNote: 'Training: the least and the largest loss of the steps in each column. Validation: every evaluation.', train: 'training', valid: 'validation',
  tree: 'Branches and changes', treeOf: 'The runs of this report over their steps', treeNote: 'A flag marks a step at which settings were changed.', noBranch: 'This run has no branches, and nothing was changed while it trained.',
  run: 'run', changed: 'changed', flag: 'at step', beginning: 'at the beginning', nothing: 'nothing', state: 'state',
  finished: 'finished', failed: 'stopped by an error', paused: 'not at its end', seconds: '{n} s of training, by the program that ended it', leftOut: '{n} more runs of this family are left out.',
  absent: 'its parent {id} is not in this folder',
  results: 'Results', resultsNote: 'The last that was measured of each number; in grey the step, where it is not the last one of the run.', notMeasured: 'not measured',
  confusion: 'Confusion matrix', confusionNote: 'Validation rows {when}; rows: the true class, columns: the answer.', truth: 'true class',
  scatter: 'Prediction and truth', scatterNote: 'Validation rows {when}; across: the true {target}, upward: the predicted. On the line they are equal.',
  recipe: 'Recipe', chosen: 'Chosen for this run', chosenNone: 'All settings are those that limn takes for these data.', usual: 'As limn chooses them for these data', setting: 'setting', setTo: 'value', otherwise: 'otherwise',
  seed: 'random seed', epochs: 'epochs', steps: 'steps', asJson: 'The recipe as a file: recipe.json', numbers: '{what} of {n} learned numbers:',
  data: 'Data', name: 'name', rows: 'rows', rowsOf: '{train} to learn from, {valid} to validate, {test} to test', columns: 'columns', sample: 'size of a sample', target: 'predicts', classes: 'classes', digest: 'SHA-256 of the content',
  engine: 'Engine and replay', build: 'build', isa: 'instruction path', isaNote: 'The same bits on any number of threads.', fingerprint: 'Fingerprint', made: 'made',
  replayNote: 'Each number on this page can be computed again, bit for bit, from the folder of the run. Point at one to see its exact bits.',
  replayThis: 'The state and its fingerprint again:', trainThis: 'The same training anew, with recipe.json from above:', branchThis: 'The same branch anew, from its parent:', flagged: 'The changes at its flags are not made by this: set them again at their steps.',
  variables: '{what}, {n}-dimensional:', usualHere: 'As limn chooses them for this function and method', from: 'from {n}', f: 'f', colon: ': ', norm: 'largest |∂f|', calls: 'evaluations', first: 'f at the start',
  function: 'The function', formula: 'formula', problem: 'problem', start: 'start', minima: 'known minima', noMinima: 'none is listed', lowest: 'lowest', local: 'local', nowhere: 'place not listed',
  descent: 'How low, after how many steps', bySteps: 'by steps', byCalls: 'by evaluations', logNote: 'log scale, lower is better', linearNote: 'lower is better', byCallsNote: 'An evaluation is one of the function, with its gradient or without; line searches take several a step.',
  ways: 'The ways on the plane', waysNote: 'Lines of equal height as the engine has them, the heavier ones at powers of ten; ring: the start; crosses: known minima; dots: where each run came to.', waysEven: 'Lines of equal height as the engine has them; ring: the start; crosses: known minima; dots: where each run came to.',
  endsNote: 'After the last step of each run, in float64. The gradient is without noise; the largest |∂f| is what the optimiser saw there.', tooFar: 'too far from a snapshot to be computed again for this report', point: 'The point and its gradient {when}', variable: 'variable', ofAll: 'The first {n} of {all} variables.', why: 'state, and why it stopped',
  stopped: {
    gradient: 'the gradient is below its tolerance', step: 'its steps have become too short to change the point', decrease: 'rounding leaves nothing to go lower by', evaluations: 'it may ask no more of the function', iterations: 'it has its iterations',
    saddle: 'a saddle: the gradient is small, the curvature negative', 'not-finite': 'its start has no finite value', 'line-search': 'no step along its direction is acceptable', 'early stop': 'stopped early: the validation loss fell no more',
  } as Record<string, string>,
  evaluations: 'All evaluations of this run', everyNth: 'Every {n}th of {all}.', weights: 'Weights {when}', weightsNote: 'Rows: inputs of the layer; columns: its units.',
};
type Words = typeof en;
const zh: Words = {
  other: 'English', theme: '浅色或深色', report: '报告', titleOf: '{data} 上的{what}',
  step: '步', ofSteps: '共 {n} 步', afterStep: '第 {n} 步之后', thisRun: '本训练', main: '主线', branch: '分支 {n}',
  training: '训练损失', validLoss: '验证损失', accuracy: '验证准确率', testAccuracy: '测试准确率', r2: '验证 R²',
  curves: '学习曲线', loss: '损失', accuracyTitle: '准确率', ofValid: '验证数据',
  curvesNote: '训练：每一列所含各步损失的最小值与最大值。验证：全部评估。', train: '训练', valid: '验证',
  tree: '分支与改动', treeOf: '本报告中各次训练所经过的步', treeNote: '旗标表示在该步改动了设置。', noBranch: '本训练没有分支，训练中也没有任何改动。',
  run: '训练', changed: '改动', flag: '所在步', beginning: '从头开始', nothing: '无', state: '状态',
  finished: '已完成', failed: '因错误停止', paused: '尚未完成', seconds: '训练 {n} 秒（仅计完成训练的那个程序）', leftOut: '另有 {n} 次同族训练未列出。',
  absent: '其父训练 {id} 不在此文件夹中',
  results: '结果', resultsNote: '每个指标最近一次的测量值；若不是该训练的最后一步，则以灰色注明所在步。', notMeasured: '未测量',
  confusion: '混淆矩阵', confusionNote: '验证数据，{when}；行为真实类别，列为网络的回答。', truth: '真实类别',
  scatter: '预测与真值', scatterNote: '验证数据，{when}；横轴为 {target} 的真值，纵轴为预测值。线上两者相等。',
  recipe: '配方', chosen: '为本训练选定', chosenNone: '所有设置均为 limn 对此数据的默认选择。', usual: 'limn 对此数据的默认选择', setting: '设置', setTo: '值', otherwise: '默认值',
  seed: '随机种子', epochs: '轮数', steps: '步数', asJson: '配方文件：recipe.json', numbers: '{what}，共 {n} 个可学习的参数：',
  data: '数据', name: '名称', rows: '行数', rowsOf: '训练 {train}，验证 {valid}，测试 {test}', columns: '列', sample: '样本尺寸', target: '预测目标', classes: '类别', digest: '内容的 SHA-256',
  engine: '引擎与重放', build: '构建', isa: '指令路径', isaNote: '任意线程数下比特都相同。', fingerprint: '指纹', made: '创建于',
  replayNote: '本页的每个数都能由训练文件夹逐比特地重新算出。将指针移到数上可查看其精确比特。',
  replayThis: '再次得到此状态及其指纹：', trainThis: '用上面的 recipe.json 重新训练：', branchThis: '从其父训练重新建立此分支：', flagged: '此命令不含旗标处的改动，需在相应的步再次设置。',
  variables: '{what}，{n} 维：', usualHere: 'limn 对此函数与方法的默认选择', from: '自第 {n} 步', f: 'f', colon: '：', norm: '最大 |∂f|', calls: '求值次数', first: '起点处的 f',
  function: '函数', formula: '公式', problem: '问题', start: '起点', minima: '已知的极小点', noMinima: '未列出', lowest: '最小', local: '局部', nowhere: '位置未列出',
  descent: '多少步之后降到多低', bySteps: '按步数', byCalls: '按求值次数', logNote: '对数刻度，越低越好', linearNote: '越低越好', byCallsNote: '一次求值是计算一次函数值，可能同时计算梯度；线搜索每一步要用多次。',
  ways: '平面上的路径', waysNote: '等高线由引擎算出，较粗者为十的幂；圆圈为起点，叉号为已知极小点，圆点为各次训练到达之处。', waysEven: '等高线由引擎算出；圆圈为起点，叉号为已知极小点，圆点为各次训练到达之处。',
  endsNote: '各次训练最后一步之后的值，float64。梯度不含噪声；最大 |∂f| 是优化器当时所见。', tooFar: '距快照太远，未为本报告重新计算', point: '点及其梯度（{when}）', variable: '变量', ofAll: '共 {all} 个变量，列出前 {n} 个。', why: '状态与停止原因',
  stopped: {
    gradient: '梯度已低于容差', step: '步长已短到无法改变点', decrease: '舍入误差之下无法再降低', evaluations: '求值次数已用完', iterations: '迭代次数已用完',
    saddle: '鞍点：梯度很小，曲率为负', 'not-finite': '起点处没有有限的值', 'line-search': '沿其方向没有可接受的步长', 'early stop': '提前停止：验证损失不再下降',
  } as Record<string, string>,
  evaluations: '本训练的全部评估', everyNth: '共 {all} 次，每 {n} 次列出一次。', weights: '权重（{when}）', weightsNote: '行为该层的输入，列为该层的单元。',
};

class Speech {
  language = $state<'en' | 'zh-CN'>(navigator.language.startsWith('zh') ? 'zh-CN' : 'en');
  words = $derived(this.language === 'en' ? en : zh);
  both = (of: Both) => (this.language === 'en' ? of.en : of.zh);
  count = (n: number) => new Intl.NumberFormat(this.language).format(n);
  toggle() {
    this.language = this.language === 'en' ? 'zh-CN' : 'en';
  }
}
export const speech = new Speech();
