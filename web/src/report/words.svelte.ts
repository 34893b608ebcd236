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
  recipe: 'Recipe', chosen: 'Chosen for this run', chosenNone: 'All settings are those that limn takes for these data.', usual: 'As limn chooses them for these data', setting: 'setting', value: 'value', otherwise: 'otherwise',
  seed: 'random seed', epochs: 'epochs', steps: 'steps', asJson: 'The recipe as a file: recipe.json', numbers: '{what} of {n} learned numbers:',
  data: 'Data', name: 'name', rows: 'rows', rowsOf: '{train} to learn from, {valid} to validate, {test} to test', columns: 'columns', sample: 'size of a sample', target: 'predicts', classes: 'classes', digest: 'SHA-256 of the content',
  engine: 'Engine and replay', build: 'build', isa: 'instruction path', isaNote: 'The same bits on any number of threads.', fingerprint: 'Fingerprint', made: 'made',
  replayNote: 'Each number on this page can be computed again, bit for bit, from the folder of the run. Point at one to see its exact bits.',
  replayThis: 'The state and its fingerprint again:', trainThis: 'The same training anew, with recipe.json from above:', branchThis: 'The same branch anew, from its parent:', flagged: 'The changes at flags are not in it.',
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
  recipe: '配方', chosen: '为本训练选定', chosenNone: '所有设置均为 limn 对此数据的默认选择。', usual: 'limn 对此数据的默认选择', setting: '设置', value: '值', otherwise: '默认值',
  seed: '随机种子', epochs: '轮数', steps: '步数', asJson: '配方文件：recipe.json', numbers: '{what}，共 {n} 个可学习的参数：',
  data: '数据', name: '名称', rows: '行数', rowsOf: '训练 {train}，验证 {valid}，测试 {test}', columns: '列', sample: '样本尺寸', target: '预测目标', classes: '类别', digest: '内容的 SHA-256',
  engine: '引擎与重放', build: '构建', isa: '指令路径', isaNote: '任意线程数下比特都相同。', fingerprint: '指纹', made: '创建于',
  replayNote: '本页的每个数都能由训练文件夹逐比特地重新算出。将指针移到数上可查看其精确比特。',
  replayThis: '再次得到此状态及其指纹：', trainThis: '用上面的 recipe.json 重新训练：', branchThis: '从其父训练重新建立此分支：', flagged: '其中不含旗标处的改动。',
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
