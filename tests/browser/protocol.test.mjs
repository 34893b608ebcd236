// Every message between a page and the lab is what docs/protocol.schema.json says, member by member; every request of
// the tables in docs/protocol.md is made, and every definition of the schema is met.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
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

let lab, small;
before(async () => {
  lab = await new Lab().start();
  small = await new Lab(undefined, ['--quota', '1K']).start();
});
after(async () => {
  for (const one of [lab, small]) await one.stop(), one.remove();
});

// Makes the request of one row of docs/protocol.md; `names` fill its path. The answer and, if there is one, the body
// are of these definitions.
async function ask(row, names, definition, { body, is, raw, status = 200, of = lab } = {}) {
  const [method, path] = row.split(' ');
  const at = path.split('?')[0].split('/').map((part) => (part in names ? encodeURIComponent(names[part]) : part)).join('/');
  if (body !== undefined) hold(is, body);
  const answer = await fetch(`${of.origin}${at}${names.query ? `?${names.query}` : ''}`, {
    method, headers: { Authorization: `Bearer ${token}` }, body: raw ?? (body && JSON.stringify(body)) });
  const json = await answer.json();
  assert.equal(answer.status, status, `${row}: ${JSON.stringify(json)}`);
  assert.ok(rows.has(row), `docs/protocol.md has no row ${row}`);
  if (status < 300) asked.add(row);
  return hold(definition, json);
}

const section = (title) => read('protocol.md').split(/^## /m).find((s) => s.startsWith(title));
const rows = new Set([...section('Commands').matchAll(/^\| `((?:GET|POST|DELETE) [^`]+)`/gm)].map((m) => m[1]));
const commands = [...section('Commands').matchAll(/^\| `(play|pause|step|seek|set|branch|act)` \|(?: `"name": "(\w+)"`)?/gm)].map((m) => m[2] ?? m[1]);
const views = [...section('The stream').matchAll(/^\| `(\w+)` \|/gm)].map((m) => m[1]);
const kinds = [...section('The stream').matchAll(/^- `(\w+)`:/gm)].map((m) => m[1]);
const one = 'POST /api/runs/ID/command';
const command = (id, name, wish) => {
  told.add(name);
  return ask(one, { ID: id }, 'state', { body: wish, is: `command-${name}` });
};
const table = () => ['x,y,side', ...Array.from({ length: 60 }, (_, i) => `${draw(1000) / 100},${i / 7},${i % 3 ? 'left' : 'right'}`)].join('\n');

test('the tables of the protocol are read', () => {
  assert.ok(rows.size >= 15 && commands.length >= 8 && views.length >= 5 && kinds.length >= 5, [...rows, commands, views, kinds].join());
});

test('no object of the schema takes members that it does not name', () => {
  const look = (value, path) => {
    if (value === null || typeof value !== 'object') return;
    if (value.properties && !path.endsWith('properties') && path !== '$defs/frame')
      assert.ok(value.additionalProperties === false || value.unevaluatedProperties === false, path);
    for (const [name, part] of Object.entries(value)) look(part, `${path}/${name}`);
  };
  look(schema.$defs, '$defs');
});

test('requests and their answers', { timeout: 60000 }, async () => {
  await ask('GET /api/lab', {}, 'lab');
  await ask('GET /api/experiments', {}, 'experiments');
  const data = 'POST /api/data?name=points.csv';
  const upload = await ask(data, { query: 'name=points.csv' }, 'upload', { raw: table(), status: 201 });
  await ask(data, { query: 'name=points.csv' }, 'error', { raw: 'a,b\n1\n', status: 400 });
  await ask(data, { query: 'name=points.csv' }, 'full', { raw: table(), status: 507, of: small });
  await ask('GET /api/data', {}, 'data');
  await ask('GET /api/data/NAME', { NAME: upload.name }, 'upload');
  await ask('GET /api/data/NAME', { NAME: 'nothing' }, 'error', { status: 404 });
  await ask('GET /api/storage', {}, 'storage');

  const create = (body) => ask('POST /api/runs', {}, 'state', { body, is: 'create', status: 201 });
  const settings = { arch: 'dense 6 tanh | dense 2', batch: 16, optimizer: 'sgd', lr: 0.1, weight_decay: 0, schedule: 'constant' };
  const { id } = await create({ experiment: 'mlp', data: upload.name, seed, epochs: 200, settings: { ...settings, target: 'side' } });
  const waves = await create({ experiment: 'mlp', data: 'waves', steps: 30, play: false });
  await ask('POST /api/runs', {}, 'error', { body: { experiment: 'mlp', data: '/etc/passwd' }, is: 'create', status: 400 });

  await command(id, 'step', { do: 'step', unit: 'batch', count: 25 });
  await command(id, 'step', { do: 'step', unit: 'epoch', count: -1 });
  await command(id, 'step', { do: 'step', unit: 'op', count: 3 });
  await command(id, 'play', { do: 'play', until: 40 });
  await command(id, 'pause', { do: 'pause' });
  await command(id, 'seek', { do: 'seek', step: 10 });
  const branch = await command(id, 'branch', { do: 'branch', step: 8, settings: { lr: 0.05 } });
  await command(branch.id, 'save', { do: 'act', name: 'save' });
  await command(branch.id, 'edit', { do: 'act', name: 'edit', values: { 'layer1.w[0,1]': 0.5 } });
  await command(branch.id, 'set', { do: 'set', settings: { lr: 0.02 } });
  await ask(one, { ID: waves.id }, 'error', { body: { do: 'seek', step: 10000 }, is: 'command-seek', status: 400 });
  const done = await command(waves.id, 'step', { do: 'step', count: 30 });
  assert.ok(done.evals.length > 0);
  const wild = await create({ experiment: 'mlp', data: 'spirals', steps: 100, settings: { ...settings, loss: 'squared', lr: 1e12 } });
  assert.equal((await command(wild.id, 'step', { do: 'step', count: 100 })).state, 'failed');

  await ask('GET /api/runs', {}, 'runs');
  await ask('GET /api/runs/ID', { ID: id }, 'state');
  await ask('GET /api/runs/ID/steps/N/quantities/NAME', { ID: id, N: 9, NAME: 'layer1.w[1,2]' }, 'quantity');
  for (const name of ['layer1.z[1]@train/3', 'layer2.delta[0]@train/3', 'layer1.dw[0,1]', 'train.loss']) {
    const { receipt } = await ask('GET /api/runs/ID/steps/N/receipts/NAME', { ID: id, N: 9, NAME: name }, 'quantity-with-receipt');
    assert.ok(receipt, name);
  }
  const query = { query: 'name=train.loss&from=1&to=9&points=4' };
  await ask('GET /api/runs/ID/curve?name=train.loss&from=A&to=B&points=P', { ID: id, ...query }, 'curve');
  for (const run of [id, waves.id])
    await ask('GET /api/runs/ID/points?x=FEATURE&y=FEATURE', { ID: run, query: 'x=0&y=0' }, 'points');
  await ask('POST /api/runs/ID/predict', { ID: id }, 'prediction', { body: { x: [1.5, 2] }, is: 'predict' });

  await ask('DELETE /api/data/NAME', { NAME: upload.name }, 'error', { status: 409 });
  for (const run of [branch.id, id]) await ask('DELETE /api/runs/ID', { ID: run }, 'removed');
  await ask('DELETE /api/data/NAME', { NAME: upload.name }, 'removed');
  assert.deepEqual([...rows].filter((row) => !asked.has(row)), [], 'rows of the table that were not asked for');
  assert.deepEqual(commands.filter((name) => !told.has(name)), [], 'commands that were not given');
});

test('the stream', { timeout: 60000 }, async () => {
  const seen = new Set();
  const stream = await new Stream().open(lab.port, token);
  const say = (name, message) => stream.send(hold(name, message));
  const until = async (wanted) => {
    for (;;) {
      const head = await stream.next();
      seen.add(head.kind);
      if (head.kind === 'view' && !head.error) seen.add(head.view);
      hold(head.kind !== 'view' ? `frame-${head.kind}` : head.error ? 'frame-view-error' : `frame-view-${head.view}`, head);
      if (wanted(head)) return head;
    }
  };
  hold('ack', { ack: 1 }); // as `next` sends it
  const settings = { arch: 'dense 5 relu | dense 2' };
  const run = await lab.create(settings, { steps: 300 });
  say('watch', { watch: run.id, cursor: 0, views: [{ view: 'weights', units: 4 }, { view: 'map', size: 8 }, { view: 'units', x: 0, y: 1, size: 6 }, { view: 'confusion', split: 'train' }, { view: 'tiles' }] });
  await lab.do(run.id, { do: 'play' });
  const ends = new Set(['state', 'scalars', 'weights', 'map', 'units', 'confusion']);
  await until((head) => { // each of them once, and the end
    if (head.step === 300) ends.delete(head.kind === 'view' ? head.view : head.kind);
    return ends.size === 0;
  });
  say('unwatch', { unwatch: run.id });

  const waves = await lab.create({ arch: 'dense 5 tanh | dense 1' }, { data: 'waves', steps: 300 });
  say('watch', { watch: waves.id, views: [{ view: 'confusion' }] });
  await until((head) => head.view === 'confusion' && head.error);
  const images = await lab.create({ arch: 'dense 4 relu | dense 10', batch: 100 }, { data: 'drawn-digits', steps: 10 });
  say('watch', { watch: images.id, views: [{ view: 'tiles', units: 3 }] });
  await until((head) => head.view === 'tiles');
  stream.send({ nothing: 1 });
  await until((head) => head.kind === 'error');
  await fetch(`${lab.origin}/api/runs/${images.id}`, { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } });
  await until((head) => head.kind === 'closed');
  stream.close();
  assert.deepEqual([...views, ...kinds].filter((name) => !seen.has(name)), [], 'views and kinds that did not come');
});

test('every definition of the schema was met', () => {
  assert.deepEqual(Object.keys(schema.$defs).filter((name) => !met.has(name)), []);
});
