// The words of the plates that explain, which are loaded with them.
import { speech } from '../../../words/words.svelte';

const en = {
  title: 'What did it look at?', forClass: 'What speaks for', itsAnswer: 'its answer', score: 'score', p: 'p', atStep: 'step {n}', waiting: 'The engine explains…', patch: 'patch', stride: 'stride',
  occlusion: 'Occlusion', occlusionNote: 'A square of {p} pixels at 0 hides each place in turn. Blue: the score falls without it.', saliency: 'Saliency', saliencyNote: 'The derivative of the score by each pixel. Blue: more ink raises it.', gradCam: 'Grad-CAM', gradCamNote: 'The maps of {layer}, each times its mean derivative, summed, and kept where positive.',
  hidden: 'hidden here', keys: 'Arrows move the place over all three; a press picks one.', place: 'row, column', value: 'value',
  sentence: '{title}: of the pixels that matter for {class} most is row {y}, column {x}, with {v}.', none: 'No number here', drawn: 'your digit',
  why: 'It is no quantity of the run: the engine makes it on request, by the weights of this step. The same numbers on the command line:', whyHere: 'It is no quantity of the run: the engine makes it on request, by the weights of this step, of a picture that only this page has. The request:',
};
const zh: typeof en = {
  title: '它看了哪里？', forClass: '什么支持', itsAnswer: '网络的回答', score: '得分', p: 'p', atStep: '第 {n} 步', waiting: '引擎正在解释…', patch: '遮块', stride: '步幅',
  occlusion: '遮挡', occlusionNote: '边长 {p} 像素、值为 0 的方块依次遮住每个位置。蓝：遮住它，得分下降。', saliency: '显著图', saliencyNote: '得分对每个像素的导数。蓝：墨多，得分升高。', gradCam: 'Grad-CAM', gradCamNote: '{layer} 的各特征图乘以各自的平均导数，相加，只留正的部分。',
  hidden: '遮住此处', keys: '方向键在三幅图上一起移动位置；按一下选定位置。', place: '行，列', value: '数值',
  sentence: '{title}：对 {class} 最要紧的像素在第 {y} 行、第 {x} 列，为 {v}。', none: '此处没有数', drawn: '你画的数字',
  why: '它不是训练的一个量：引擎用这一步的权重按请求算出。在命令行上得到同样的数：', whyHere: '它不是训练的一个量：引擎用这一步的权重按请求算出，而那幅图只在这个页面上。请求是：',
};
export const words = () => speech.of({ en, zh });
