// What stands beside the chronology, as people use it: questions to somebody, experts' advice, systems and links, evidence
// that changes hands, what was handed in voluntarily, and the fields of the common forms in a report.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { boardOf, closeBrowser, contentField, device, line, openIncident, phone, Port, signIn, until, watch } from './port.mjs';

let port, duty;
before(async () => {
    port = await Port.start();
    duty = await port.program('duty');
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});
const base = (incident) => `/api/respond/incident/incidents/${incident.id}`;
const caseOf = (incident) => `${boardOf(port, incident)}/case`;

// A question asked aloud in the room would be forgotten by morning.
test('a line needs more information; whoever is asked sees it on top and answers by phone', async () => {
    const incident = await openIncident(duty, '確認の試験');
    const context = await device();
    const page = await signIn(context, port, 'duty');
    const wrong = watch(page, port);
    await page.goto(boardOf(port, incident));
    await contentField(page).fill('画面に英文が出ている');
    await contentField(page).press('Control+Enter');
    await line(page, '画面に英文').waitFor();
    await line(page, '画面に英文').getByRole('button', { name: '記録1の操作' }).click();
    await line(page, '画面に英文').getByRole('button', { name: '確認を求める' }).click();
    const dialog = page.getByRole('dialog');
    const { items: people } = await duty.ask('GET', '/api/prepare/council/people');
    await dialog.getByLabel('確認する相手').selectOption(`p:${people.find((one) => one.name === '県警察 サイバー担当').id}`);
    await dialog.getByLabel('確認したいこと').fill('同じ文面を知っていますか');
    await dialog.getByRole('button', { name: '確認を求める' }).click();
    await dialog.waitFor({ state: 'detached' });
    await line(page, '画面に英文').getByText('確認中').waitFor();

    const other = await device({ viewport: phone });
    const asked = await signIn(other, port, 'police');
    await asked.goto(boardOf(port, incident));
    await asked.getByText('あなたへの確認:').waitFor();
    await asked.getByRole('button', { name: '確認（記録2）に回答する' }).click();
    await asked.getByRole('dialog').getByLabel('回答').fill('既知の攻撃者のもの。照会する');
    await asked.getByRole('dialog').getByRole('button', { name: '回答する' }).click();
    await asked.getByRole('dialog').waitFor({ state: 'detached' });
    await asked.getByText('あなたへの確認:').waitFor({ state: 'detached' });
    const { items } = await duty.ask('GET', `${base(incident)}/questions`);
    assert.equal(items.length, 1);
    assert.equal(items[0].open, false);
    assert.equal(items[0].answer, '既知の攻撃者のもの。照会する');
    await line(page, '既知の攻撃者').waitFor();
    assert.deepEqual(wrong, []);
    await context.close();
    await other.close();
});

// Evidence that somebody "already passed on" is evidence that nobody has.
test('evidence is taken with its hash, offered, and changes hands when it is accepted', async () => {
    const incident = await openIncident(duty, '証拠の試験');
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(caseOf(incident));
    await page.getByRole('button', { name: '証拠を登録' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('保全したもの').fill('受付サーバーの記録');
    const bytes = Buffer.from('log line\n');
    await dialog.locator('input[type=file]').setInputFiles({ name: 'server.log', mimeType: 'text/plain', buffer: bytes });
    const hash = createHash('sha256').update(bytes).digest('hex');
    await until('the hash is there', async () => (await dialog.getByLabel('SHA-256').inputValue()) === hash);
    await dialog.getByLabel('封印の番号').fill('封0012');
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.getByText(hash).waitFor();
    await page.getByRole('button', { name: '証拠1を引き渡す' }).click();
    const { items: people } = await duty.ask('GET', '/api/prepare/council/people');
    await dialog.getByLabel('受け取る人').selectOption(people.find((one) => one.name === '県警察 サイバー担当').id);
    await dialog.locator('label', { hasText: '封印は無事' }).click();
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.getByText('県警察 サイバー担当の受領待ち').waitFor();
    const holder = async () => (await duty.ask('GET', `${base(incident)}/evidence`)).items[0].held_by;
    assert.equal(await holder(), '港湾管理者 当直A');

    const other = await device({ viewport: phone });
    const police = await signIn(other, port, 'police');
    await police.goto(caseOf(incident));
    await police.getByRole('button', { name: '受領する' }).click();
    await police.getByRole('dialog').locator('label', { hasText: '封印は無事' }).click();
    await police.getByRole('dialog').getByRole('button', { name: '保存' }).click();
    await police.getByRole('dialog').waitFor({ state: 'detached' });
    await until('it changed hands', async () => (await holder()) === '県警察 サイバー担当');
    await police.getByRole('button', { name: '証拠1のハッシュ値を照合' }).click();
    await police.getByRole('dialog').getByLabel('SHA-256').fill('xyz');
    await police.getByRole('dialog').getByRole('button', { name: '保存' }).click();
    await police.getByText('SHA-256のハッシュ値を16進数64桁で').first().waitFor();
    await police.getByRole('dialog').getByLabel('SHA-256').fill('0'.repeat(64));
    await police.getByRole('dialog').getByRole('button', { name: '保存' }).click();
    await police.getByText('封印・ハッシュ値の不一致').waitFor();
    await context.close();
    await other.close();
});

test('systems are named, an earlier incident is linked, and an expert is asked and heard', async () => {
    const before = await openIncident(duty, '前回の停止');
    const incident = await openIncident(duty, '今回の停止');
    const admin = await port.program('admin');
    const { terminals } = await duty.ask('GET', '/api/prepare/port');
    const { items: organisations } = await duty.ask('GET', '/api/prepare/council/organisations');
    const named = (name) => organisations.find((one) => one.name.includes(name)).id;
    const tos = await admin.ask('POST', '/api/prepare/port/systems', { name: '試験TOS', owner: named('港運協会'), vendor: named('灯浜システムズ'), functions: ['gate'], terminals: [terminals[0].id] });
    await admin.ask('POST', '/api/prepare/port/systems', { name: '試験予約', owner: named('港運協会'), depends_on: [tos.id], terminals: [terminals[1].id] });
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(caseOf(incident));
    await page.getByRole('button', { name: 'システムを指定' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('label', { hasText: '試験TOS' }).click();
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.locator('section', { hasText: '障害のシステム' }).getByText('試験予約').waitFor();
    await page.getByRole('button', { name: '関連付ける' }).click();
    await dialog.getByLabel('相手の事案').selectOption(before.id);
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.getByRole('link', { name: '前回の停止' }).waitFor();
    await page.getByRole('button', { name: '相談した' }).click();
    await dialog.getByLabel('専門家の機関').selectOption({ label: '灯台セキュリティ研究所' }).catch(async () => {
        await dialog.getByLabel('専門家の機関').selectOption(organisations.find((one) => one.kind === 'security_expert').id);
    });
    await dialog.getByLabel('確認したいこと').fill('電源を切ってよいか');
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.getByText('電源を切ってよいか').waitFor();
    await page.getByRole('button', { name: '助言を受けた' }).click();
    await dialog.getByRole('button', { name: '保存' }).click();
    // Whose advice, and what, has to be said; what was typed meanwhile stays.
    await dialog.getByLabel('助言の内容').fill('切らずにネットワークから外すこと');
    await dialog.getByRole('button', { name: '保存' }).click();
    await dialog.getByText('助言した専門家を入力してください').first().waitFor();
    await dialog.getByLabel('専門家の名前').fill('研究所 当番');
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.getByText('切らずにネットワークから外すこと').waitFor();
    const advice = await duty.ask('GET', `${base(incident)}/advice`);
    assert.equal(advice.items.filter((one) => one.what === 'received').length, 1, 'the second press after a refusal made one, not two');
    await context.close();
});

test('what is handed in voluntarily is marked while it is written, files and all', async () => {
    const incident = await openIncident(duty, '任意提供の試験');
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 't1');
    await duty.ask('PUT', `${base(incident)}/visibility`, { tlp: 'TLP:GREEN' }, { 'If-Match': `"${incident.version}"` }).catch(() => {});
    await page.goto(boardOf(port, incident));
    await page.getByRole('button', { name: '記録を書く' }).click();
    await contentField(page).fill('保守会社との契約の内容');
    await page.locator('form input[type=file]').first().setInputFiles({ name: 'contract.txt', mimeType: 'text/plain', buffer: Buffer.from('secret') });
    await page.locator('label', { hasText: '任意提供（非公開条件）' }).click();
    await page.getByRole('button', { name: '記録する' }).click();
    await line(page, '契約の内容').getByText('任意提供').waitFor();
    const { items } = await duty.ask('GET', `${base(incident)}/entries`);
    const [written] = items.filter((one) => one.content.includes('契約の内容'));
    assert.equal(written.voluntary, true);
    assert.equal(written.attachments.length, 1);
    await context.close();
});

test('a report carries the fields of the common form, and only what is known', async () => {
    const incident = await openIncident(duty, '様式の試験');
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(`${boardOf(port, incident)}/reports`);
    await page.getByRole('button', { name: '報告を書く' }).click();
    await page.getByLabel('② 内容・原因').fill('ゲートで受付ができない');
    await page.locator('label', { hasText: 'ランサムウェア' }).click();
    await page.getByLabel('暗号化されたファイルの拡張子').fill('.locked');
    await page.getByRole('group', { name: '脅迫文' }).locator('label', { hasText: 'あり' }).click();
    await page.getByRole('button', { name: 'この内容で出す' }).click();
    await page.getByRole('heading', { name: '第1報' }).waitFor();
    const report = await duty.ask('GET', `${base(incident)}/reports/1`);
    const field = (name) => report.fields.find((one) => one.name.includes(name))?.text;
    assert.equal(field('拡張子'), '.locked');
    assert.equal(field('脅迫文'), 'あり');
    assert.match(field('発生日時'), /不明/, 'what nobody filled in is unknown, not now');
    await context.close();
});

// In the cellar of the machine hall there is no network, and that is where the evidence is.
test('what was read beside the chronology can be read again without a network', async () => {
    const incident = await openIncident(duty, '圏外の試験');
    await duty.ask('POST', `${base(incident)}/evidence`, { description: '電算室の記録媒体', seal: '封0099' });
    await duty.ask('POST', `${base(incident)}/reports`, { items: [{}, { text: '受付ができない' }, {}, {}, {}, {}] });
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    for (const [path, text] of [[caseOf(incident), '封0099'], [`${boardOf(port, incident)}/reports`, '第1報'], [`${boardOf(port, incident)}/decide`, '圏外の試験']]) {
        await page.goto(path);
        await page.getByText(text).first().waitFor();
    }
    await context.setOffline(true);
    for (const [path, text] of [[caseOf(incident), '封0099'], [`${boardOf(port, incident)}/reports`, '第1報'], [`${boardOf(port, incident)}/decide`, '圏外の試験']]) {
        await page.goto(path);
        await page.getByText(text).first().waitFor();
    }
    await context.close();
});

// A question typed on the quay, where the telephone has no signal, would be typed again at the desk, or never.
test('what is typed on the case page stays until the server has it, and goes when the network is back', async () => {
    const incident = await openIncident(duty, '圏外の試験');
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    await page.goto(caseOf(incident));
    const ask = page.getByRole('button', { name: '確認を求める' });
    const dialog = page.getByRole('dialog');
    await ask.click();
    await dialog.getByLabel('確認したいこと').fill('ゲートの電源は');
    await dialog.getByRole('button', { name: 'やめる' }).click();
    await page.reload();
    await ask.click();
    await until('the text is there again', async () => (await dialog.getByLabel('確認したいこと').inputValue()) === 'ゲートの電源は');
    const { items: people } = await duty.ask('GET', '/api/prepare/council/people');
    await dialog.getByLabel('確認する相手').selectOption(`p:${people.find((one) => one.name === '県警察 サイバー担当').id}`);
    await context.setOffline(true);
    await dialog.getByRole('button', { name: '確認を求める' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('[data-waiting]').getByText('ゲートの電源は').waitFor();
    assert.equal((await duty.ask('GET', `${base(incident)}/questions`)).items.length, 0);
    await page.getByRole('button', { name: '証拠を登録' }).click();
    await dialog.getByLabel('保全したもの').fill('ゲートの制御盤の記録媒体');
    await dialog.getByRole('button', { name: '保存' }).click();
    await page.locator('[data-waiting]').getByText('ゲートの制御盤').waitFor();
    await context.setOffline(false);
    await until('both have arrived, once', async () => (await duty.ask('GET', `${base(incident)}/questions`)).items.length === 1 && (await duty.ask('GET', `${base(incident)}/evidence`)).items.length === 1);
    await page.locator('[data-waiting]').first().waitFor({ state: 'detached' });
    await context.close();
});
