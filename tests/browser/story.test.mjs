// What people do with it, from signing in to looking back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { boardOf, closeBrowser, desk, device, entriesOf, line, openIncident, phone, Port, replay, signIn, until, watch, write } from './port.mjs';

let port, duty;
before(async () => {
    port = await Port.start();
    duty = await port.program('duty');
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});

test('sign in by choosing a person, switch the language, sign out', async () => {
    // If it failed: nobody could try the demo, and a foreign officer could not read it.
    const context = await device({ viewport: phone });
    const page = await context.newPage();
    const wrong = watch(page, port);
    await page.goto(port.url);
    await page.getByRole('button', { name: /当直A/ }).click();
    await page.getByRole('link', { name: 'インシデントを登録' }).waitFor();
    await page.getByRole('button', { name: 'メニュー' }).click();
    await page.getByRole('link', { name: '設定' }).click();
    await page.locator('label', { hasText: 'English' }).click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await until('the page says its language', () => page.evaluate(() => document.documentElement.lang === 'en'));
    await page.locator('label', { hasText: 'Night' }).click();
    await until('it is night', () => page.evaluate(() => document.documentElement.dataset.theme === 'night'));
    await page.locator('label', { hasText: '日本語' }).click();
    await page.getByRole('button', { name: 'サインアウト' }).click();
    await page.getByRole('button', { name: 'サインイン', exact: true }).waitFor();
    assert.deepEqual(wrong, []);
    await context.close();
});

test('a wrong password is said, and nobody is let in', async () => {
    // If it failed: a typo would look like a dead system.
    const context = await device();
    const page = await context.newPage();
    await page.goto(port.url);
    await page.locator('input[autocomplete=username]').fill('duty');
    await page.locator('input[autocomplete=current-password]').fill('wrong');
    await page.getByRole('button', { name: 'サインイン', exact: true }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem('noroshi.me')), null);
    await context.close();
});

test('intake by effect on a phone: three taps, cause unknown, and who will see it by name', async () => {
    // If it failed: reporting would take longer than telephoning, and people would wait until they know the cause.
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    const wrong = watch(page, port);
    await page.goto(port.url);
    await page.getByRole('link', { name: 'インシデントを登録' }).click();
    await page.getByRole('button', { name: '登録する' }).click();
    await page.getByRole('alert').waitFor();
    await page.locator('label', { hasText: '貨物の搬出入に支障' }).click();
    await page.locator('label', { hasText: '船の入出港' }).click();
    const { items } = await duty.ask('GET', '/api/prepare/council/organisations');
    const members = items.filter((one) => one.member);
    assert.ok(members.length > 3);
    for (const one of members) assert.ok(await page.getByText(one.name).count() > 0, `${one.name} is named before saving`);
    await page.getByRole('button', { name: '15分前' }).click();
    await page.getByRole('button', { name: '登録する' }).click();
    await page.waitForURL(/\/respond\/incident\/[a-z0-9]{20,}$/);
    await page.getByRole('heading', { name: /貨物搬出入の支障・入出港/ }).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const incident = await duty.ask('GET', `/api/respond/incident/incidents/${id}`);
    assert.deepEqual(incident.effects.toSorted(), ['freight', 'ship_movement']);
    assert.equal(incident.cause, 'unknown');
    assert.ok(Math.abs(Date.now() - 15 * 60_000 - Date.parse(incident.event_time)) < 3 * 60_000);
    assert.deepEqual(wrong, []);
    await context.close();
});

test('an operator reports to the port manager only, and the others do not see it', async () => {
    // If it failed: a terminal would have to tell its competitors in order to get help.
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 't1');
    await page.goto(`${port.url}/respond/incident/new`);
    await page.locator('label', { hasText: '貨物の情報がおかしい' }).click();
    await page.getByText('TLP:AMBER', { exact: true }).first().waitFor();
    await page.getByRole('button', { name: '登録する' }).click();
    await page.waitForURL(/\/respond\/incident\/[a-z0-9]{20,}$/);
    const id = new URL(page.url()).pathname.split('/').at(-1);
    const list = async (login) => (await (await port.program(login)).ask('GET', '/api/respond/incident/incidents')).items.map((one) => one.id);
    assert.ok((await list('duty')).includes(id));
    assert.ok(!(await list('t2')).includes(id));
    await context.close();
});

test('a correction is a new line, the old one stays struck through; confirmed and done are lines too', async () => {
    // If it failed: the chronology could be rewritten, and the police could not rely on it.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await write(page, '待機車両は120台');
    await line(page, '待機車両は120台').waitFor();
    await page.getByRole('button', { name: '記録1の操作' }).click();
    await page.getByRole('button', { name: '訂正する' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('textarea').fill('待機車両は140台');
    await dialog.locator('textarea').press('Control+Enter');
    await page.locator('#line-2').getByText('待機車両は140台').waitFor();
    await page.locator('#line-1 s', { hasText: '120台' }).waitFor();
    await page.getByRole('button', { name: '記録2の操作' }).click();
    await page.getByRole('button', { name: '確認済にする' }).click();
    await dialog.locator('textarea').press('Control+Enter');
    await page.locator('#line-3').waitFor();
    const entries = await entriesOf(duty, incident.id);
    assert.equal(entries[0].content, '待機車両は120台');
    assert.equal(entries[0].corrected_by, 2);
    assert.equal(entries[1].confirmed, true);
    await context.close();
});

test('search finds 警察, and a filter shows what is open', async () => {
    // If it failed: in 2,000 lines nobody would find when the police were called.
    const incident = await openIncident(duty);
    const base = `/api/respond/incident/incidents/${incident.id}/entries`;
    for (const content of ['県警察へ通報した', '消防へ連絡した', 'ゲートの列は2.4km']) await duty.ask('POST', base, { event_time: new Date().toISOString(), content });
    await duty.ask('POST', base, { event_time: new Date().toISOString(), content: '列を数えること', kind: 'order' });
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await line(page, '消防').waitFor();
    await page.getByRole('searchbox', { name: '記録を検索' }).fill('警察');
    await line(page, '消防').waitFor({ state: 'detached' });
    assert.equal(await page.locator('article[id^=line-]').count(), 1);
    await page.getByRole('searchbox', { name: '記録を検索' }).fill('');
    await line(page, '消防').waitFor();
    await page.getByRole('button', { name: '絞り込み' }).click();
    await page.locator('label', { hasText: '未完了のみ' }).click();
    await line(page, '消防').waitFor({ state: 'detached' });
    await line(page, '列を数えること').waitFor();
    await context.close();
});

test('a photo and its hash', async () => {
    // If it failed: nobody could prove later that the picture of the ransom note is the one taken that night.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await page.locator('input[type=file]').first().setInputFiles({ name: '印刷された紙.png', mimeType: 'image/png', buffer: Buffer.from('not really a picture') });
    await page.getByText('印刷された紙.png').waitFor();
    await write(page, 'プリンターから出た紙を撮影');
    await line(page, 'プリンターから出た紙を撮影').getByText('印刷された紙.png').waitFor();
    const [entry] = await entriesOf(duty, incident.id);
    const { createHash } = await import('node:crypto');
    assert.equal(entry.attachments[0].sha256, createHash('sha256').update('not really a picture').digest('hex'));
    await line(page, 'プリンターから出た紙を撮影').getByText(entry.attachments[0].sha256.slice(0, 16)).waitFor();
    await context.close();
});

test('milestones keep every time ever announced', async () => {
    // If it failed: the port would forget that it had promised 18:00, and promise wrongly again.
    const { terminals } = await duty.ask('GET', '/api/prepare/port');
    const incident = await openIncident(duty, '節目の試験', { terminals: [terminals[0].id] });
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    for (const time of ['18:00', '20:00']) {
        await page.getByRole('button', { name: '節目を記録' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('見込み時刻').fill(time);
        await dialog.getByRole('button', { name: '保存する' }).click();
        await page.getByText(`${time} 見込み`).first().waitFor();
    }
    await page.locator('s', { hasText: '18:00' }).first().waitFor();
    await context.close();
});

test('a call-out says whom it reaches, and the board shows who has answered by link', async () => {
    // If it failed: the duty officer would not know at 03:00 whether anybody is coming.
    const incident = await openIncident(duty, '一斉連絡の試験');
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await page.getByRole('button', { name: '一斉連絡をする' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('textarea').first().fill('06:30に3階会議室へ。参集の可否を応答してください。');
    await dialog.getByRole('button', { name: 'すべて選ぶ' }).click();
    await dialog.getByText(/届く人（\d+人）/).waitFor();
    await dialog.getByRole('button', { name: /人に送る/ }).click();
    await dialog.getByText(/人に送りました/).waitFor();
    await dialog.getByRole('button', { name: '閉じる' }).last().click();
    await page.getByText(/人中 0人が応答/).waitFor();
    const link = await until('a handset rings', async () => {
        const { items } = await duty.ask('GET', '/api/demo/handsets');
        return items.flatMap((one) => one.messages).find((message) => message.text.includes('3階会議室へ') && message.links.length > 0)?.links[0]   // a chat room's has none;
    });
    const answering = await context.newPage();
    await answering.goto(`${port.url}${new URL(link).pathname}`);
    await answering.getByRole('button', { name: /参集可|参集できます/ }).first().click();
    await page.getByText(/人中 1人が応答/).waitFor();
    await context.close();
});

test('the true course of Nagoya is seen live, marked as a drill, and the review stands beside it', async () => {
    // If it failed: nobody could learn from Nagoya what to do earlier, or a drill could be taken for the real thing.
    const context = await device({ viewport: desk });
    const page = await signIn(context, port, 'duty');
    const wrong = watch(page, port);
    await page.goto(port.url);
    const running = replay(port, 10_000);
    await page.locator('a[href^="/practise/drills/"]', { hasText: '名古屋港' }).first().click();
    await page.locator('[data-drill]').getByText('【訓練】').waitFor();
    await page.locator('a[href^="/respond/incident/"]', { hasText: 'TOS' }).click();
    await page.locator('[data-drill]').getByText('【訓練】').waitFor();
    assert.match(await page.title(), /^【訓練】/);
    await line(page, '警察').first().waitFor();
    await running;
    await until('every line is on the board', async () => {
        const id = new URL(page.url()).pathname.split('/').at(-1);
        const last = (await duty.ask('GET', `/api/respond/incident/incidents/${id}`)).last_number;
        return await page.locator(`#line-${last}`).count() === 1;
    });
    await page.getByText('ほかの操作').click();
    await page.getByRole('link', { name: '振り返り' }).click();
    const row = (name) => page.locator('li', { hasText: name });
    await row('警察').getByText('2時間30分').first().waitFor();
    await row('専門家').getByText('連絡なし').first().waitFor();
    await row('陸運').getByText('12時間').first().waitFor();
    await row('一般').getByText('29時間30分').first().waitFor();
    await page.locator('[data-drill]').getByText('【訓練】').waitFor();
    await page.goto(port.url);
    await page.getByRole('heading', { name: '対応中のインシデント' }).waitFor();
    assert.equal(await page.locator('[data-drill]').count(), 0, 'the real world wears no stripes');
    assert.deepEqual(wrong, []);
    await context.close();
});

test('the first view needs less than 200 kB of compressed script', async () => {
    // If it failed: on a bad mobile line the board would open too late.
    const loaded = [];
    const context = await device({ viewport: phone, serviceWorkers: 'block' });
    const page = await context.newPage();
    page.on('request', (request) => request.resourceType() === 'script' && loaded.push(request.url()));
    await page.goto(port.url);
    await page.locator('form').waitFor();
    let bytes = 0;
    for (const url of new Set(loaded)) {
        const answer = await fetch(url, { headers: { 'Accept-Encoding': 'gzip' } });
        const length = Number(answer.headers.get('content-length'));
        assert.ok(length > 0, url);
        assert.ok(answer.headers.get('content-encoding') === 'gzip' || length < 1500, `${url} is sent compressed`);
        bytes += length;
    }
    assert.ok(bytes > 0 && bytes < 200_000, `${bytes} bytes of script`);
    await context.close();
});

test('a board of 2,000 lines opens with the newest and reaches the first', async () => {
    // If it failed: on the third day the board would be too slow to use.
    const incident = await openIncident(duty, '長い記録の試験');
    const base = `/api/respond/incident/incidents/${incident.id}/entries`;
    for (let start = 1; start <= 2000; start += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, index) => duty.ask('POST', base, { event_time: new Date().toISOString(), content: `第${start + index}行` })));
    }
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await page.locator('#line-2000').waitFor();
    assert.ok(await page.locator('article[id^=line-]').count() <= 600);
    await page.goto(`${boardOf(port, incident)}?line=1`);
    await page.locator('#line-1').waitFor();
    await until('line 1 has the focus', () => page.evaluate(() => document.activeElement?.id === 'line-1'));
    await context.close();
});
