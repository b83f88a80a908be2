// Everyone can use it: WCAG 2.2 AA by axe on every page, in both languages and themes, on a phone and on a desk; and the
// keyboard alone is enough.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { boardOf, closeBrowser, desk, device, line, openIncident, phone, Port, signIn, until, watch } from './port.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let port, duty, pages;

before(async () => {
    port = await Port.start();
    duty = await port.program('duty');
    const { terminals } = await duty.ask('GET', '/api/prepare/port');
    const incident = await openIncident(duty, 'TOSの停止', { terminals: [terminals[0].id] });
    const base = `/api/respond/incident/incidents/${incident.id}`;
    const at = new Date(Date.now() - 3_600_000).toISOString();
    for (const entry of [
        { kind: 'fact', content: 'ゲートで受付ができない', sender: terminals[0].name, receiver: '当直', medium: '電話' },
        { kind: 'order', content: '対策本部要員を参集させること', receiver: '記録員', due: at },
        { kind: 'request', content: 'サーバーの状態を確認してほしい', receiver: '保守業者' },
        { kind: 'decision', content: '警察へ通報する', confirmed: true, audiences: ['police'] },
        { kind: 'rumour', content: '紙が大量に印刷されているらしい', corrects: 1 },
    ]) await duty.ask('POST', `${base}/entries`, { event_time: at, ...entry });
    await duty.ask('POST', `${base}/milestones`, { terminal: terminals[0].id, milestone: 'gate_open', state: 'announced', time: at });
    await duty.ask('POST', `${base}/milestones`, { terminal: terminals[0].id, milestone: 'gate_open', state: 'announced', time: new Date(Date.now() + 7_200_000).toISOString() });
    const { items: organisations } = await duty.ask('GET', '/api/prepare/council/organisations');
    const expert = organisations.find((one) => one.kind === 'security_expert').id;
    await duty.ask('POST', `${base}/hypotheses`, { statement: 'VPN装置から侵入された' });
    await duty.ask('POST', `${base}/hypotheses/1/evidence`, { weight: 'supports', statement: '深夜の接続', entry: 2 });
    await duty.ask('POST', `${base}/evidence`, { description: '受付サーバーのディスクの写し', sha256: 'a'.repeat(64), seal: '封0012' });
    await duty.ask('POST', `${base}/evidence/1/handover`, { to: '県警察 捜査員', seal_intact: true });
    await duty.ask('POST', `${base}/evidence/1/check`, { sha256: 'b'.repeat(64) });
    await duty.ask('POST', `${base}/advice/asked`, { content: '電源を切ってよいか', adviser_organisation: expert });
    await duty.ask('POST', `${base}/questions`, { question: '何台ですか', about: 2, asked_organisation: expert });
    await duty.ask('POST', `${base}/reports`, { items: [{}, { text: 'ゲートで受付ができない' }, {}, {}, {}, {}] });
    await duty.ask('POST', '/api/respond/incident/observations', { content: '画面が時々止まる' });
    const earlier = await openIncident(duty, '前回の停止');
    await duty.ask('POST', `${base}/links`, { other: earlier.id, relation: 'recurrence' });
    const exercise = await duty.ask('POST', '/api/practise/drills/exercises', { title: '情報伝達訓練', speed: 1 });
    const drill = await openIncident(duty, '訓練のインシデント', { exercise: exercise.id });
    const cases = await duty.ask('GET', '/api/watch/detections/cases');   // of the demo's own logs
    pages = [
        '/', '/respond/incident/new', `/respond/incident/${incident.id}`, `/respond/incident/${incident.id}/review`,
        '/practise/drills', `/practise/drills/${exercise.id}`, `/respond/incident/${drill.id}`, '/handsets', '/settings',
        '/prepare/contacts', '/prepare/council/organisations', '/prepare/council/people', '/prepare/council/standing', '/prepare/port',
        `/respond/incident/${incident.id}/decide`, `/respond/incident/${incident.id}/case`, `/respond/incident/${incident.id}/reports`,
        `/respond/incident/${incident.id}/wall`, '/respond/incident/observations', '/respond/incident/search?q=ゲート',
        `/respond/guests/${incident.id}`, '/respond/callout/heartbeat',
        '/prepare/contacts/duty', '/prepare/contacts/scheme', '/prepare/contacts/editions', '/prepare/contacts/import', '/prepare/contacts/transfers', `/respond/sweep/${incident.id}`,
        `/respond/forecast/${incident.id}`,
        '/watch/logs', '/watch/detections', `/watch/detections/${cases.items[0].id}`, '/watch/warnings',
        '/respond/notices', '/respond/notices/inquiries', '/respond/notices/desk',
        '/respond/notices/report', '/respond/notices/alternatives', '/respond/notices/followup',
    ];
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});

async function violations(page, where) {
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })).violations.map((one) => ({ id: one.id, nodes: one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary?.slice(0, 160)}`) })));
    return found.map((one) => ({ where, ...one }));
}

async function settle(page) {
    await page.locator('main h1, main h2').first().waitFor();
    await until('the page is loaded', () => page.evaluate(() => !/読み込んでいます|Loading…/.test(document.body.innerText)));
}

for (const [language, theme, viewport, name] of [
    ['ja', 'day', phone, 'Japanese, day, phone'], ['ja', 'night', phone, 'Japanese, night, phone'],
    ['ja', 'day', desk, 'Japanese, day, desk'], ['ja', 'night', desk, 'Japanese, night, desk'],
    ['en', 'day', phone, 'English, day, phone'], ['en', 'night', desk, 'English, night, desk'],
]) {
    test(`axe finds nothing on any page: ${name}`, async () => {
        // If it failed: a colour-blind clerk, or one who hears the screen, would be shut out of the response.
        const context = await device({ viewport, language, theme });
        const page = await context.newPage();
        const wrong = watch(page, port);
        const found = [];
        await page.goto(`${port.url}/`);
        await page.locator('form').waitFor();
        found.push(...await violations(page, 'sign-in'));
        await page.close();
        const inside = await signIn(context, port, 'duty');
        const wrongInside = watch(inside, port);
        for (const path of pages) {
            await inside.goto(port.url + path);
            await settle(inside);
            found.push(...await violations(inside, path));
            const tooWide = await inside.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(tooWide <= 0, `${path} scrolls sideways by ${tooWide} px (${name})`);
        }
        assert.deepEqual(found, []);
        assert.deepEqual([...wrong, ...wrongInside], []);
        await context.close();
    });
}

test('axe finds nothing in the dialogs and in the writing form of a phone', async () => {
    // If it failed: the very moment of writing would be the one that is not accessible.
    for (const theme of ['day', 'night']) {
        const context = await device({ viewport: phone, theme });
        const page = await signIn(context, port, 'duty');
        await page.goto(port.url + pages[2]);
        await settle(page);
        const found = [];
        await page.getByRole('button', { name: '記録を書く' }).click();
        await page.getByRole('button', { name: /代理入力/ }).click();
        found.push(...await violations(page, 'writing'));
        await page.getByRole('button', { name: 'たたむ' }).click();
        await page.getByRole('button', { name: '概要' }).click();
        await page.getByText(/共有先 \d+機関/).click();
        for (const name of ['登録内容を直す', '共有範囲を変える']) {
            await page.getByRole('button', { name }).click();
            await page.getByRole('dialog').waitFor();
            found.push(...await violations(page, name));
            await page.keyboard.press('Escape');
            await page.getByRole('dialog').waitFor({ state: 'detached' });
        }
        await page.locator('label', { hasText: '復旧の節目' }).click();
        await page.getByRole('button', { name: '節目を記録' }).click();
        await page.getByRole('dialog').waitFor();
        found.push(...await violations(page, 'milestone'));
        await page.keyboard.press('Escape');
        await page.locator('label', { hasText: '一斉連絡' }).click();
        await page.getByRole('button', { name: '一斉連絡をする' }).click();
        await page.getByRole('dialog').waitFor();
        found.push(...await violations(page, 'call-out'));
        assert.deepEqual(found, []);
        await context.close();
    }
});

test('axe finds nothing where records are kept, decisions approved, and scripts are off', async () => {
    // If it failed: whoever keeps the files, or sits at a browser that is kept apart, would be shut out.
    const leader = await port.program('leader');
    const { organisation } = await leader.ask('GET', '/api/identity/me');
    const people = (await leader.ask('GET', '/api/prepare/council/people')).items;
    const holder = people.find((one) => one.login === 'leader') ?? people.find((one) => one.roles.some((role) => role.role === 'leader'));
    await leader.ask('PUT', `/api/prepare/council/approval-forms/${organisation.id}`, {
        boxes: [{ name: '課長', name_en: 'Head', holder: holder.id, deputies: [] }], decided_in: [{ subject: 'disposal', box: 0 }],
    });
    await duty.ask('POST', '/api/prepare/council/approvals', { title: '公表について', text: '次のとおり。', done_at: new Date().toISOString(), urgency: '直ちに公表した' });
    const asked = await leader.ask('POST', '/api/learn/records/disclosures', {
        reference: '令8-1', subject: '事案の記録', received_at: new Date().toISOString(), due: new Date(Date.now() + 864e6).toISOString(),
    });
    await leader.ask('POST', `/api/learn/records/disclosures/${asked.id}/items`, { words: 'ゲート' });
    const incident = pages[2].split('/').at(-1);
    for (const [language, theme, viewport] of [['ja', 'day', phone], ['en', 'night', desk]]) {
        const context = await device({ viewport, theme, language });
        const page = await signIn(context, port, 'leader');
        const found = [];
        for (const path of ['/learn/records', '/learn/records/anchors', `/learn/records/disclosures/${asked.id}`, '/prepare/council/approvals?record=x', '/plain/sign-in',
            '/plain/respond/incident', `/plain/respond/incident/${incident}?seen=1&still=1`, `/plain/respond/incident/${incident}/write`]) {
            await page.goto(port.url + path);
            await settle(page);
            found.push(...await violations(page, path));
            const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(tooWide <= 0, `${path} scrolls sideways by ${tooWide} px`);
        }
        assert.deepEqual(found, []);
        await context.close();
    }
    // The shared terminal: its bar, its dialogs and its locked screen.
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    const found = [];
    await page.goto(`${port.url}/settings`);
    await page.getByLabel('端末の名前').fill('当直室');
    await page.getByRole('button', { name: 'このブラウザーを共用端末にする' }).click();
    for (const name of ['PINを決める', 'ほかの人がサインイン']) {
        await page.getByRole('button', { name }).click();
        await page.getByRole('dialog').waitFor();
        found.push(...await violations(page, name));
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'ロック' }).click();
    await page.getByText('画面はロックされています').waitFor();
    found.push(...await violations(page, 'locked'));
    assert.deepEqual(found, []);
    await context.close();
});

test('axe finds nothing in the forms of an administrator', async () => {
    // If it failed: whoever keeps the contact list could be shut out of it.
    for (const [language, theme, viewport] of [['ja', 'day', phone], ['en', 'night', desk]]) {
        const context = await device({ viewport, theme, language });
        const page = await signIn(context, port, 'admin');
        const found = [];
        for (const path of ['/prepare/council/organisations', '/prepare/council/people', '/prepare/contacts', '/prepare/port']) {
            await page.goto(port.url + path);
            await settle(page);
            await page.locator('li button, section li button').first().click();
            await page.getByRole('dialog').waitFor();
            found.push(...await violations(page, path));
        }
        assert.deepEqual(found, []);
        await context.close();
    }
});

test('targets are large enough for a thumb', async () => {
    // If it failed: at 03:00, on a phone in one hand, the wrong thing would be pressed.
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    for (const path of pages) {
        await page.goto(port.url + path);
        await settle(page);
        const small = await page.evaluate(() => [...document.querySelectorAll('button, select, input:not([type=checkbox]):not([type=radio]):not([type=file]), a.button, .choice')]
            .filter((one) => one.checkVisibility() && !one.classList.contains('skip-link'))
            .map((one) => ({ text: (one.innerText || one.getAttribute('aria-label') || one.tagName).slice(0, 30), box: one.getBoundingClientRect() }))
            .filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
            .map(({ text, box }) => `${text}: ${Math.round(box.width)}×${Math.round(box.height)}`));
        assert.deepEqual(small, [], path);
    }
    await context.close();
});

test('with the keyboard alone: find the incident, write an order, complete it', async () => {
    // If it failed: a clerk without a mouse, or who cannot hold one, could not keep the chronology.
    const context = await device();
    const page = await signIn(context, port, 'duty');
    const incident = await openIncident(duty, 'キーボードだけの試験');
    await page.goto(`${port.url}/`);
    await page.getByText('キーボードだけの試験').waitFor();
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /本文へ移動/, 'the first Tab leads to the skip link');
    await page.keyboard.press('Enter');
    await tabTo(page, () => document.activeElement?.textContent?.includes('キーボードだけの試験'));
    assert.ok(await ringIsVisible(page), 'the focus is visible');
    await page.keyboard.press('Enter');
    await page.waitForURL(boardOf(port, incident));
    await page.locator('form textarea').first().waitFor();
    await tabTo(page, () => document.activeElement?.matches('form textarea'));
    await page.keyboard.press('Alt+3');
    await page.keyboard.type('ゲートを閉めること');
    await page.keyboard.press('Tab');
    await page.keyboard.type('当直');
    await page.keyboard.press('Tab');
    await page.keyboard.type('記録員');
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.press('Control+Enter');
    await line(page, 'ゲートを閉めること').waitFor();
    const [entry] = (await duty.ask('GET', `/api/respond/incident/incidents/${incident.id}/entries`)).items;
    assert.equal(entry.kind, 'order');
    assert.equal(entry.sender, '当直');
    const late = Date.parse(entry.entry_time) - Date.parse(entry.event_time);
    assert.ok(late > 4 * 60_000 && late < 7 * 60_000, 'five minutes earlier by one key');
    await tabTo(page, () => /を完了にする/.test(document.activeElement?.getAttribute('aria-label') ?? ''));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await until('the order is done', async () => (await duty.ask('GET', `/api/respond/incident/incidents/${incident.id}/open`)).items.length === 0);
    await context.close();
});

async function tabTo(page, isThere) {
    for (let turn = 0; turn < 120; turn += 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(isThere)) return;
    }
    throw new Error(`no Tab leads there: ${isThere}`);
}
async function ringIsVisible(page) {
    return page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
    });
}
