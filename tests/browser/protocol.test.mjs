// Every message between a page and the lab is what docs/protocol.schema.json says, member by member; every row of the
// tables in docs/protocol.md is asked for, and every definition of the schema is met.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { png, zip } from './files.mjs';
import { draw, Lab, seed, token } from './lab.mjs';
import { Stream } from './stream.mjs';

const read = (name) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const schema = JSON.parse(read('protocol.schema.json'));
const met = new Set(), asked = new Set(), told = new Set();

const ajv = new Ajv({ strictTypes: false, strictRequired: false });
ajv.addKeyword({ keyword: 'met', post: true, validate: (name) => met.add(name), errors: false }); // only where all else held
ajv.addSchema({ ...schema, $id: 'lab', $defs: Object.fromEntries(Object.entries(schema.$defs).map(([n, d]) => [n, { ...d, met: n }])) });
function hold(name, message) {
  const check = ajv.getSchema(`lab#/$defs/${name}`);
  assert.ok(check, `the schema has no definition ${name}`);
  assert.ok(check(message), `${name}: ${ajv.errorsText(check.errors)}\n${JSON.stringify(message).slice(0, 2000)}`);
  return message;
}

let lab, small, school;
before(async () => {
  lab = await new Lab().start();
  small = await new Lab(undefined, ['--quota', '1K']).start();
  school = await new Lab(undefined, ['--class', '2']).start();
});
after(async () => {
  const stopped = await Promise.allSettled([lab, small, school].map((one) => one.stop()));
  for (const one of [lab, small, school]) one.remove();
  for (const { reason } of stopped) assert.ifError(reason);
});

// Makes the request of one row of docs/protocol.md; `names` fill its path. The answer and, if there is one, the body
// are of these definitions.
async function ask(row, names, definition, { body, is, raw, status = 200, of = lab, by = token, read = (answer) => answer.json() } = {}) {
  const [method, path] = row.split(' ');
  const at = path.split('?')[0].split('/').map((part) => (part in names ? encodeURIComponent(names[part]) : part)).join('/');
  if (body !== undefined) hold(is, body);
  const answer = await fetch(`${of.origin}${names.space ?? ''}${at}${names.query ? `?${names.query}` : ''}`, {
    method, headers: { Authorization: `Bearer ${by}` }, body: raw ?? (body && JSON.stringify(body)) });
  const json = definition ? await read(answer) : await answer.text();
  assert.equal(answer.status, status, `${row}: ${JSON.stringify(json)}`);
  assert.ok(rows.has(row), `docs/protocol.md has no row ${row}`);
  if (status < 300) asked.add(row);
  return definition ? hold(definition, json) : json;
}

// What docs/protocol.md has in its tables, and in the list of frames.
const section = (title) => read('protocol.md').split(/^## /m).find((s) => s.startsWith(title));
const table = (text, head) => text.split(head)[1].split('\n\n')[0].split('|---|\n')[1].trimEnd().split('\n');
const refused = [...section('Access').matchAll(/\| ([\d, ]+) \|$/gm)].flatMap((m) => m[1].split(', ').map(Number));
const rows = new Set([...section('Commands').matchAll(/^\| `((?:GET|POST|DELETE) [^`]+)`/gm)].map((m) => m[1]));
const commands = table(section('Commands'), '\nCOMMAND:\n').map((line) => [/"name": "(\w+)"/.exec(line)?.[1] ?? /\w+/.exec(line)[0], line]);
const receipt = table(section('Commands'), '\nRECEIPT:\n').flatMap((line) => [...line.split('|')[1].matchAll(/\w+/g)].map(String));
const views = table(section('The stream'), '\nA VIEW').map((line) => [/\w+/.exec(line)[0], line]);
const kinds = [...section('The stream').matchAll(/^- `(\w+)`:/gm)].map((m) => m[1]);
const examples = [...section('Commands').matchAll(/^```json\n(.*?)^```/gms)].map((m) => JSON.parse(m[1]));

const one = 'POST /api/runs/ID/command';
const command = (id, name, wish) => {
  told.add(name);
  return ask(one, { ID: id }, 'state', { body: wish, is: `command-${name}` });
};
const points = () => ['x,y,side', ...Array.from({ length: 60 }, (_, i) => `${draw(1000) / 100},${i / 7},${i % 3 ? 'left' : 'right'}`)].join('\n');

test('the tables of the protocol are read', () => {
  const counts = [refused, [...rows], commands, receipt, views, kinds, examples].map((all) => all.length);
  [7, 28, 9, 11, 6, 5, 5].forEach((least, i) => assert.ok(counts[i] >= least, counts.join()));
});

test('the tables and examples have the members of the schema', () => {
  const members = (line) => Object.fromEntries([...line.split('|')[2].matchAll(/`"(\w+)"(\??)/g)].map((m) => [m[1], !m[2]]));
  for (const [prefix, table] of [['command', commands], ['view', views]])
    for (const [name, line] of table) {
      const { properties, required } = schema.$defs[`${prefix}-${name}`];
      const all = Object.keys(properties).filter((p) => p !== 'do' && p !== 'view');
      assert.deepEqual(members(line), Object.fromEntries(all.map((p) => [p, required.includes(p)])), line);
    }
  assert.deepEqual(receipt.sort(), [...schema.$defs.receipt.required].sort());
  const [origin, upload, entry, student, state] = examples.map((example) => Object.keys(example).sort());
  assert.deepEqual(origin, [...schema.$defs.origin.required].sort());
  for (const name of schema.$defs.entry.required) assert.ok(entry.includes(name), name);
  assert.deepEqual(upload, [...schema.$defs.upload.required].sort());
  assert.deepEqual(student, [...schema.$defs.student.required].sort());
  assert.deepEqual(state, [...schema.$defs.state.required, 'network'].sort());
});

test('no object of the schema takes members that it does not name', () => {
  const open = /^\$defs\/(frame|members)$|\/arrays\//; // what others close, and what narrows an array
  const look = (value, path) => {
    if (value === null || typeof value !== 'object') return;
    if (value.properties && !path.endsWith('/properties') && !open.test(path))
      assert.ok(value.additionalProperties === false || value.unevaluatedProperties === false, path);
    for (const [name, part] of Object.entries(value)) look(part, `${path}/${name}`);
  };
  look(schema.$defs, '$defs');
});

test('refusals', { timeout: 60000 }, async () => {
  const answer = (path, headers, length = 0) => new Promise((ok, failed) => {
    request({ port: lab.port, host: '127.0.0.1', path, method: length ? 'POST' : 'GET', headers: { ...headers, ...(length && { 'Content-Length': length }) } }, async (r) => {
      const text = (await r.toArray()).join('');
      r.destroy();
      ok([r.statusCode, hold('error', JSON.parse(text))]);
    }).on('error', failed).flushHeaders();
  });
  const known = { Authorization: `Bearer ${token}` };
  const seen = [507]; // by `requests and their answers`
  for (const [path, headers, length] of [
    ['/api/lab', { ...known, Host: 'elsewhere' }], ['/api/lab', { ...known, Origin: 'http://elsewhere' }], ['/api/lab', {}],
    ['/api/lab', { ...known, Long: 'x'.repeat(9000) }], ['/api/runs', known, (1 << 20) + 1], ['/api/data?name=a.csv', known, (64 << 20) + 1],
  ]) seen.push((await answer(path, headers, length))[0]);
  assert.deepEqual(new Set(seen), new Set(refused));
  for (const path of ['/api/nothing', '/api/runs/nothing']) assert.equal((await answer(path, known))[0], 404);
});

test('requests and their answers', { timeout: 60000 }, async () => {
  await ask('GET /api/lab', {}, 'lab');
  await ask('GET /api/experiments', {}, 'experiments');
  const data = 'POST /api/data?name=points.csv';
  const upload = await ask(data, { query: 'name=points.csv' }, 'upload', { raw: points(), status: 201 });
  const { error, hint, ...place } = await ask(data, { query: 'name=points.csv' }, 'error', { raw: 'a,b\n1,x,2\n', status: 400 });
  assert.deepEqual(place, { line: 2, column: 3, name: '', cell: '2', before: '1,x,', after: '' }, `${error}, ${hint}`);
  const pictures = zip(Array.from({ length: 12 }, (_, i) => [`${'ab'[i % 2]}/${i}.png`, png(2, 2, [i, 2 * i, 3 * i, 4 * i])]));
  const images = await ask(data, { query: 'name=pictures.zip' }, 'upload', { raw: pictures, status: 201 });
  assert.deepEqual(images.pictures[2], { file: 'a/10.png', class: 'a', pixels: '0a141e28' });
  await ask(data, { query: 'name=points.csv' }, 'full', { raw: points(), status: 507, of: small });
  await ask('GET /api/data', {}, 'data');
  await ask('GET /api/data/NAME', { NAME: upload.name }, 'upload');
  await ask('GET /api/data/NAME', { NAME: 'nothing' }, 'error', { status: 404 });
  await ask('GET /api/storage', {}, 'storage');
  const note = { kind: 'truth', task: 'blame', run: 'some', step: 3, guess: 1, truth: 'layer1', right: false, note: '为什么？' };
  const entry = await ask('POST /api/notebook', {}, 'entry', { body: note, is: 'note', status: 201 });
  assert.deepEqual(entry, { ...note, n: 1, at: entry.at });
  assert.deepEqual(await ask('GET /api/notebook', {}, 'notebook'), { entries: [entry] });
  await ask('POST /api/notebook', {}, 'error', { body: { kind: 'note', task: 'x'.repeat(65) }, is: 'note', status: 400 });

  const create = (body) => ask('POST /api/runs', {}, 'state', { body, is: 'create', status: 201 });
  const settings = { arch: 'dense 6 linear | bn tanh | dropout 0.2 | dense 2', batch: 16, optimizer: 'adam', lr: 0.1, class_weights: 'balanced' };
  const { id } = await create({ experiment: 'mlp', data: upload.name, seed, epochs: 200, settings: { ...settings, target: 'side' } });
  const waves = await create({ experiment: 'mlp', data: 'waves', steps: 30, play: false });
  await ask('POST /api/runs', {}, 'error', { body: { experiment: 'mlp', data: '/etc/passwd' }, is: 'create', status: 400 });

  const link = await ask('POST /api/links', {}, 'link', { body: { run: id }, is: 'share', status: 201 });
  assert.equal(link.run, id);
  const [first, second] = (await ask('GET /api/class', {}, 'class', { of: school })).students;
  assert.equal(second.run, null);
  const space = first.path.split('/?')[0], own = first.path.split('token=')[1];
  const made = await ask('POST /api/runs', { space }, 'state', { body: { experiment: 'mlp', data: 'spirals' }, is: 'create', status: 201, of: school, by: own });
  await ask('POST /api/notebook', { space }, 'entry', { body: { kind: 'truth', truth: 2 }, is: 'note', status: 201, of: school, by: own });
  assert.equal((await ask('GET /api/lab', { space }, 'lab', { of: school })).may, 'read');
  await ask('POST /api/runs', { space }, 'error', { body: { experiment: 'mlp', data: 'spirals' }, is: 'create', status: 403, of: school });
  const row = (await ask('GET /api/class', {}, 'class', { of: school })).students[0];
  assert.deepEqual([row.run.id, row.runs, row.notebook.answers], [made.id, 1, 1]);
  assert.match(await ask('GET /api/class/answers', {}, null, { of: school }), /^student,task,.*\nstudent-01,,,2,,,,20/);
  await command(id, 'step', { do: 'step', unit: 'batch', count: 25 });
  await command(id, 'step', { do: 'step', unit: 'epoch', count: -1 });
  await command(id, 'step', { do: 'step', unit: 'op', count: 3 });
  await command(id, 'play', { do: 'play', until: 40 });
  await command(id, 'pause', { do: 'pause' });
  await command(id, 'seek', { do: 'seek', step: 10 });
  const branch = await command(id, 'branch', { do: 'branch', step: 8, settings: { lr: 0.05 }, play: false });
  await command(branch.id, 'save', { do: 'act', name: 'save' });
  await command(branch.id, 'edit', { do: 'act', name: 'edit', values: { 'layer1.w[0,1]': 0.5 } });
  const flagged = await command(branch.id, 'set', { do: 'set', settings: { lr: 0.02 } });
  assert.deepEqual(flagged.flags, [{ step: 8, changes: { 'layer1.w[0,1]': 0.5 } }, { step: 8, changes: { lr: 0.02 }, before: { lr: 0.05 } }]);
  await ask(one, { ID: waves.id }, 'error', { body: { do: 'seek', step: 10000 }, is: 'command-seek', status: 400 });
  assert.ok((await command(waves.id, 'step', { do: 'step', count: 30 })).evals.length > 0);
  const wild = await create({ experiment: 'mlp', data: 'spirals', steps: 100, settings: { arch: 'dense 6 tanh | dense 2', loss: 'squared', optimizer: 'sgd', lr: 1e12 } });
  const failed = await command(wild.id, 'step', { do: 'step', count: 100 });
  assert.equal(failed.state, 'failed');

  await ask('GET /api/runs', {}, 'runs');
  await ask('GET /api/runs/ID', { ID: id }, 'state');
  const archive = 'GET /api/runs/ID/archive?alone', sent = 'POST /api/archives';
  const file = await fetch(`${lab.origin}/api/runs/${branch.id}/archive`, { headers: { Authorization: `Bearer ${token}` } });
  assert.deepEqual([file.status, file.headers.get('content-type'), file.headers.get('content-disposition')], [200, 'application/zip', `attachment; filename="${branch.id}.limn"`]);
  assert.ok(rows.has(archive) && asked.add(archive));
  await ask(archive, { ID: 'nothing' }, 'error', { status: 404 });
  const bytes = Buffer.from(await file.arrayBuffer());
  const { snapshots: _kept, ...there } = await ask(sent, {}, 'state', { raw: bytes, status: 201 });
  const { snapshots: _all, ...here } = await ask('GET /api/runs/ID', { ID: branch.id }, 'state');
  assert.deepEqual(there, here); // it was here already
  await ask(sent, {}, 'error', { raw: bytes.subarray(0, -1), status: 400 });
  await ask(sent, {}, 'full', { raw: bytes, status: 507, of: small });
  const names = ['train.loss', 'layer1.w[0,1]', 'layer1.dw[0,1]', 'adam.m/layer1.w[0,1]', 'layer2.mean[3]', 'layer1.dw[1,3]@train/3', 'layer2.dgamma[1]@batch/3', 'layer1.z[1]@train/3', 'layer2.a[1]@valid/3',
    'layer3.delta[0]@test/3', 'layer1.delta[0]@batch/5', 'input[1]@train/3', 'output[1]@valid/1', 'loss[0]@step/2', 'layer3.in[3]@step/5', 'weight[0]@step/5',
    'valid.accuracy', 'test.loss', 'valid.confusion[0,1]', 'valid.wrong', 'layer2.saturated'];
  for (const name of names) {
    const at = { ID: id, N: 9, NAME: name };
    const plain = await ask('GET /api/runs/ID/steps/N/quantities/NAME', at, 'quantity');
    const { receipt: _, ...same } = await ask('GET /api/runs/ID/steps/N/receipts/NAME', at, 'quantity-with-receipt');
    assert.deepEqual(same, plain);
  }
  const values = 'POST /api/runs/ID/steps/N/quantities', many = 'POST /api/runs/ID/steps/N/receipts';
  for (const N of [9, 'now']) {
    const all = await ask(values, { ID: id, N }, 'quantities', { body: { names }, is: 'names' });
    assert.deepEqual(all.values.map((v) => v.name), names);
    const { hex } = await ask('GET /api/runs/ID/steps/N/quantities/NAME', { ID: id, N: all.step, NAME: names[2] }, 'quantity');
    assert.equal(all.values[2].hex, hex);
  }
  const slips = await ask(many, { ID: id, N: 9 }, 'receipts', { body: { names }, is: 'names-of-receipts' });
  assert.ok(slips.receipts.every((r) => r.receipt));
  for (const [row, most, is] of [[values, 513, 'names'], [many, 65, 'names-of-receipts']]) {
    const refusal = { raw: JSON.stringify({ names: Array(most).fill(names[1]) }), status: 400 };
    await ask(row, { ID: id, N: 9 }, 'error', refusal);
    await ask(row, { ID: id, N: 9 }, 'error', { body: { names: [names[1], 'layer9.w[0,0]'] }, is, status: 400 });
  }
  for (const name of [...names, 'layer1.z[1]@step/3']) {
    const { word, nodes } = await ask('GET /api/runs/ID/origin/NAME', { ID: id, NAME: name }, 'origin');
    assert.equal(word?.text, { 1: 'dense 6 linear', 2: 'bn tanh', 3: 'dense 2' }[/layer(\d)/.exec(name)?.[1]], name);
    assert.equal(nodes.length > 0, !/^(valid|test)\.|saturated$/.test(name), name);
  }
  await ask('GET /api/runs/ID/origin/NAME', { ID: id, NAME: 'layer1.w[0,99]' }, 'error', { status: 400 });
  await ask('GET /api/runs/ID/steps/N/receipts/NAME', { ID: id, N: 0, NAME: 'layer1.w[0,1]' }, 'quantity-without-receipt');
  const lost = await ask('GET /api/runs/ID/steps/N/receipts/NAME', { ID: wild.id, N: failed.head, NAME: 'layer1.w[0,1]' }, 'quantity-with-receipt');
  assert.ok(lost.value === null && !lost.receipt.agrees);
  for (const N of [0, 9]) await ask('GET /api/runs/ID/steps/N/histograms', { ID: id, N }, 'histograms');
  for (const query of ['', 'tensor=layer1.w']) await ask('GET /api/runs/ID/steps/N/cockpit?tensor=layer1.w', { ID: id, N: 9, query }, 'cockpit');
  const worst = 'GET /api/runs/ID/steps/N/mistakes?split=valid&count=24&truth=CLASS&answer=CLASS';
  await ask(worst, { ID: id, N: 9, query: 'split=test&count=5&truth=1' }, 'mistakes-class');
  await ask(worst, { ID: waves.id, N: 9 }, 'mistakes-number');
  const plane = 'GET /api/runs/ID/steps/N/plane?a=RUN@STEP&b=RUN@STEP&trails=RUN@STEP,...&width=W&height=H', from = waves.id;
  for (const query of ['width=4&height=3', `a=${from}@2&b=${from}@9&trails=${from}@9,${from}@3&width=4&height=3`]) await ask(plane, { ID: from, N: 6, query }, 'plane');
  await ask(plane, { ID: from, N: 6, query: `a=${from}@2&b=${from}@2` }, 'error', { status: 400 });
  const digits = await ask('POST /api/runs', {}, 'state', { body: { experiment: 'mlp', data: 'drawn-digits', steps: 4, settings: { arch: 'dense 4 tanh | dense 10' } }, is: 'create', status: 201 });
  const explain = 'POST /api/runs/ID/steps/N/explain', at = { ID: digits.id, N: 'now' };
  for (const body of [{ method: 'saliency', sample: 'test/3' }, { method: 'occlusion', pixels: Array(784).fill(0.5), patch: 14, stride: 7, class: 3 },
    { method: 'shift', most: 1, split: 'valid' }, { method: 'ablate', channels: 'layer1.unit[2]', split: 'valid', sample: 'train/0' }])
    await ask(explain, at, 'explanation', { body, is: 'explain' });
  await ask(explain, at, 'error', { body: { method: 'grad-cam' }, is: 'explain', status: 400 });
  await ask('DELETE /api/explaining', {}, 'ended-explaining');
  const ascents = 'POST /api/runs/ID/steps/N/ascents', { ascent: A } = await ask(ascents, at, 'ascent', { body: { class: 3, jitter: 2 }, is: 'ascend', status: 201 });
  assert.equal((await ask('POST /api/ascents/A', { A }, 'ascent', { body: { steps: 5 }, is: 'ascend-on' })).values.length, 5);
  assert.equal((await ask('GET /api/ascents/A', { A }, 'ascent')).steps, 5);
  await ask('DELETE /api/ascents/A', { A }, 'ended-ascent');
  await ask('GET /api/ascents/A', { A }, 'error', { status: 404 });
  await ask('GET /api/runs/ID/curve?name=train.loss&from=A&to=B&points=P', { ID: id, query: 'name=train.loss&from=1&to=9&points=4' }, 'curve');
  for (const run of [id, waves.id])
    await ask('GET /api/runs/ID/points?x=FEATURE&y=FEATURE', { ID: run, query: 'x=0&y=0' }, 'points');
  const race = await ask('POST /api/runs', {}, 'state', { body: { experiment: 'function', data: 'none', steps: 20, settings: { function: 'beale', optimizer: 'bfgs' } }, is: 'create', status: 201 });
  await command(race.id, 'step', { do: 'step', count: 3 });
  for (const [run, kind] of [[id, 'confusion'], [branch.id, 'weights'], [waves.id, 'scatter'], [wild.id, 'confusion'], [race.id, 'function'], [race.id, 'plane']]) {
    const report = await ask('GET /api/runs/ID/report', { ID: run }, 'report', { read: async (answer) => {
      assert.deepEqual(['content-type', 'content-disposition'].map((h) => answer.headers.get(h)), ['text/html; charset=utf-8', `attachment; filename="limn-${run}.html"`]);
      return JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(await answer.text())[1]);
    } });
    assert.ok(report[kind], `the report has no ${kind}`);
    const state = await lab.ask(`/runs/${run}`), own = report.runs.find((r) => r.id === run);
    assert.deepEqual([report.step, own.evals, own.flags], [state.head, state.evals, state.flags]);
  }
  await ask('GET /api/runs/ID/plane?x0=&x1=&y0=&y1=&width=W&height=H', { ID: race.id, query: 'x0=-1&x1=1&y0=-1&y1=1&width=4&height=3' });
  await ask('GET /api/runs/ID/phase?lr0=&lr1=&most=&width=W&height=H&steps=N', { ID: race.id, query: 'lr0=1e-4&lr1=1e-2&most=0.9&width=4&height=3&steps=5' });
  await ask('GET /api/runs/ID/curve?name=train.loss&from=A&to=B&points=P', { ID: race.id, query: 'name=value' }, 'curve');
  await ask('DELETE /api/runs/ID', { ID: race.id }, 'removed');
  await ask('GET /api/runs/ID/report', { ID: 'nothing' }, 'error', { status: 404 });
  await ask('POST /api/runs/ID/predict', { ID: id }, 'prediction', { body: { x: [1.5, 2] }, is: 'predict' });

  const both = await command(id, 'play', { do: 'play', speed: 1, together: [branch.id] });
  assert.deepEqual([both.speed, both.together], [1, [id, branch.id]]);
  for (const speed of [2.5, null]) assert.equal((await command(id, 'speed', { do: 'speed', speed })).speed, speed);
  assert.equal((await command(branch.id, 'pause', { do: 'pause' })).together.length, 0);

  await ask('DELETE /api/data/NAME', { NAME: upload.name }, 'error', { status: 409 });
  for (const run of [branch.id, id]) await ask('DELETE /api/runs/ID', { ID: run }, 'removed');
  await ask('DELETE /api/data/NAME', { NAME: upload.name }, 'removed');
  assert.deepEqual([...rows].filter((row) => !asked.has(row)), [], 'rows of the table that were not asked for');
  assert.deepEqual(commands.filter(([name]) => !told.has(name)), [], 'commands that were not given');
});

test('the stream', { timeout: 60000 }, async () => {
  const seen = new Set(), states = {}, losses = {};
  const stream = await new Stream().open(lab.port, token);
  const say = (name, message) => stream.send(hold(name, message));
  const watch = (id, ...wanted) => say('watch', { watch: id, views: wanted, cursor: 0 });
  const definition = ({ kind, view, whole, error, arrays }) =>
    kind === 'state' ? (whole ? 'frame-state' : 'frame-changes') : kind !== 'view' ? `frame-${kind}`
      : error ? 'frame-view-error' : arrays[0]?.name === 'value' ? 'frame-view-map-value'
        : view === 'mistakes' ? `frame-view-mistakes-${arrays[2].name === 'label' ? 'class' : 'number'}` : `frame-view-${view}`;
  const until = async (wanted) => {
    for (;;) {
      const { head, start, payload } = await stream.next();
      hold(definition(head), head);
      if (!head.error || head.kind === 'error') seen.add(head.view ?? head.kind);
      const ends = head.arrays.map(({ type, shape, offset }) => offset + shape.reduce((a, b) => a * b, Number(/\d+/.exec(type)) / 8));
      assert.deepEqual([start % 8, payload.length], [0, Math.max(0, ...ends)], 'the arrays are what follows the head');
      if (head.kind === 'state') states[head.run] = head.whole ? head.state : { ...states[head.run], ...head.state };
      if (head.kind === 'scalars') {
        const its = (losses[head.run] ??= { to: 0, evals: [] });
        assert.deepEqual([head.from, head.arrays[0].shape], [its.to + 1, [head.to - its.to]], 'scalars have no gap');
        its.to = head.to, its.evals.push(...head.evals);
      }
      if (wanted(head)) return head;
    }
  };
  hold('ack', { ack: 1 }); // as `next` sends it
  const run = await lab.create({ arch: 'dense 5 relu | ln linear | dense 2' }, { steps: 300 });
  watch(run.id, { view: 'weights', units: 4 }, { view: 'map', size: 8 }, { view: 'units', x: 0, y: 1, size: 6, units: 2 },
    { view: 'confusion', split: 'train' }, { view: 'sample', of: 'batch/3', units: 4 }, { view: 'sample' }, { view: 'tiles' }, { view: 'histograms' },
    { view: 'mistakes', split: 'train', count: 5, truth: 0, answer: 1 });
  await lab.do(run.id, { do: 'play' });
  const ends = new Set(['state', 'scalars', 'weights', 'map', 'units', 'confusion', 'sample', 'histograms', 'mistakes']);
  await until((head) => { // each of them once, and the end
    if (head.step === 300) ends.delete(head.view ?? head.kind);
    return ends.size === 0 && losses[run.id].to === 300 && states[run.id].state === 'done';
  });
  const { evals, ...rest } = await lab.ask(`/runs/${run.id}`);
  assert.deepEqual(states[run.id], rest);
  assert.deepEqual(losses[run.id].evals, evals);
  say('unwatch', { unwatch: run.id });

  const { id } = await lab.create({ arch: 'dense 5 relu | dense 2' });
  watch(id);
  for (const condition of [{ name: 'train.loss', below: 1e9 }, { name: 'valid.loss', above: 0 }, { seconds: 1e-3 }]) {
    const state = await command(id, 'play', { do: 'play', until: condition });
    assert.deepEqual([state.until_condition, state.reached], [condition, null]);
    const { state: { reached } } = await until((head) => head.run === id && head.state?.reached);
    assert.equal(reached.name, condition.name);
  }
  say('unwatch', { unwatch: id });

  const waves = await lab.create({ arch: 'dense 5 tanh | dense 1' }, { data: 'waves', steps: 300 });
  watch(waves.id, { view: 'confusion' }, { view: 'map', size: 4 }, { view: 'sample' }, { view: 'mistakes', count: 3 });
  await until((head) => head.view === 'confusion' && head.error);
  for (const view of ['sample', 'mistakes']) await until((head) => head.view === view && head.run === waves.id);
  const images = await lab.create({ arch: 'dense 4 relu | dense 10', batch: 100 }, { data: 'drawn-digits', steps: 10 });
  watch(images.id, { view: 'tiles', units: 3 });
  await until((head) => head.view === 'tiles' && !head.error);
  const planes = await lab.create({ arch: 'conv 3 5x5 stride 4 relu | pool 2 | dense 10', batch: 100 }, { experiment: 'cnn', data: 'drawn-digits', steps: 10 });
  hold('state', planes);
  watch(planes.id, { view: 'maps', of: 'valid/2', channels: 2 }, { view: 'maps', x: Array(784).fill(0.25) }, { view: 'filters', channels: 2 });
  for (const is of [(head) => head.view === 'maps' && head.of === 'valid/2', (head) => head.view === 'maps' && head.of === null, (head) => head.view === 'filters']) await until((head) => is(head) && !head.error);
  say('unwatch', { unwatch: planes.id });
  const pooled = await lab.create({ arch: 'pool 2 | dense 10' }, { experiment: 'cnn', data: 'drawn-digits', steps: 10 });
  watch(pooled.id, { view: 'tiles' });
  await until((head) => head.run === pooled.id && head.view === 'tiles' && head.error);
  say('unwatch', { unwatch: pooled.id });
  stream.send({ nothing: 1 });
  await until((head) => head.kind === 'error');
  await fetch(`${lab.origin}/api/runs/${images.id}`, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
  await until((head) => head.kind === 'closed');
  stream.close();
  assert.deepEqual([...views.map(([name]) => name), ...kinds].filter((name) => !seen.has(name) && name !== 'view'), [], 'views and kinds that did not come');
});

test('every definition of the schema was met', () => {
  assert.deepEqual(Object.keys(schema.$defs).filter((name) => !met.has(name)), []);
});
