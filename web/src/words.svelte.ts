// The words of the pages in both languages: a key that is missing in one of them does not compile.
const en = {
  nn: 'Neural networks', question: 'Who is to blame?', play: 'Play', pause: 'Pause', op: 'op', batch: 'batch', epoch: 'epoch',
  reset: 'to start', back: 'back', step: 'step', branch: 'Branch here', of: 'of', loss: 'Loss', lossNote: 'mean of a batch, log scale',
  accuracy: 'Accuracy', train: 'training', valid: 'validation', network: 'Network', learning: 'Learning', more: 'More settings',
  data: 'data', rows: 'rows', newRun: 'Train anew', architecture: 'architecture', seed: 'seed', lost: 'The engine is lost. Nothing counts on until it answers.',
  playing: 'training', paused: 'paused', done: 'done', failed: 'stopped by an error', engineLost: 'engine lost', threads: 'threads',
  negative: 'negative', positive: 'positive', input: 'input', hidden: 'hidden', output: 'output', units: 'units', folded: 'and {n} more',
  confusion: 'Confusion', confusionNote: 'rows: truth, columns: prediction, validation', map: 'Decision map', draw: 'Draw a digit', clear: 'Clear',
  says: 'the network says', theme: 'theme', language: '中文', fixedNote: 'takes effect in a new run', flagNote: 'a change leaves a flag',
  sentence: 'Step {step}, training loss {loss}, {trend}.', falling: 'falling', rising: 'rising', receipt: 'Receipt', bits: 'exact bits', value: 'value',
  quantity: 'quantity', run: 'run', replay: 'replay by command', weights: 'weights', learned: 'What the first units look for', table: 'as table',
  keys: 'Space plays and pauses, → and ← go one operation, with Shift a batch, with Ctrl an epoch; B branches, T changes the theme.', first: 'Stop it. Break it. Branch it.',
  goTo: 'go to step', controls: 'Controls', chapters: 'Chapters', blame: 'blame δ', number: 'Any number', ask: 'Ask',
  operation: 'Operation', opForward: '{layer} forwards', opBackward: 'blame of {layer}', opLoss: 'the loss of each sample', setTo: 'set to', set: 'Set', agrees: 'agrees', differs: 'differs',
};
type Words = Record<keyof typeof en, string>;
const zh: Words = {
  nn: '神经网络', question: '该怪谁？', play: '播放', pause: '暂停', op: '操作', batch: '批', epoch: '轮', reset: '回到开头', back: '后退', step: '步',
  branch: '在此分支', of: '/', loss: '损失', lossNote: '每批平均，对数刻度', accuracy: '准确率', train: '训练', valid: '验证', network: '网络',
  learning: '学习', more: '更多设置', data: '数据', rows: '行', newRun: '重新训练', architecture: '结构', seed: '种子',
  lost: '引擎已断开。在它应答之前，一切停止计数。', playing: '训练中', paused: '已暂停', done: '已完成', failed: '因错误停止', engineLost: '引擎断开',
  threads: '线程', negative: '负', positive: '正', input: '输入', hidden: '隐藏', output: '输出', units: '单元', folded: '另有 {n} 个',
  confusion: '混淆矩阵', confusionNote: '行：真实，列：预测，验证集', map: '决策图', draw: '画一个数字', clear: '清除', says: '网络认为', theme: '主题',
  language: 'English', fixedNote: '在新的训练中生效', flagNote: '每次改动留下一面旗', sentence: '第 {step} 步，训练损失 {loss}，{trend}。', falling: '下降', rising: '上升',
  receipt: '凭据', bits: '精确比特', value: '数值', quantity: '量', run: '训练', replay: '用命令重放', weights: '权重', learned: '前几个单元在找什么', table: '表格',
  keys: '空格播放和暂停，→ 和 ← 走一个操作，加 Shift 走一批，加 Ctrl 走一轮；B 分支，T 换主题。', first: '停下它。弄坏它。分支它。', goTo: '去第几步', controls: '控制', chapters: '章节',
  blame: '误差 δ', number: '任意数值', ask: '查询',
  operation: '操作', opForward: '{layer} 前向', opBackward: '{layer} 的误差', opLoss: '每个样本的损失', setTo: '设为', set: '设置', agrees: '相符', differs: '不符',
};

export const languages = { en, 'zh-CN': zh };
export type Language = keyof typeof languages;

class Speech {
  language = $state<Language>((localStorage.getItem('language') as Language | null) ?? (navigator.language.startsWith('zh') ? 'zh-CN' : 'en'));
  words = $derived(languages[this.language] ?? en);
  toggle() {
    this.language = this.language === 'en' ? 'zh-CN' : 'en';
    localStorage.setItem('language', this.language);
  }
}
export const speech = new Speech();

export const count = (n: number) => new Intl.NumberFormat(speech.language).format(n);
export function short(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(digits - 1) : String(+value.toPrecision(digits));
  return text.replaceAll('-', '−');
}
