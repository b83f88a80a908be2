// What a haulier's driver sees: the public page without any script, on a phone, by keyboard, and inside another site.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { browser, closeBrowser, desk, openIncident, phone, Port, until } from './port.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const notices = '/api/respond/notices/notices';
let port, terminals;

before(async () => {
    port = await Port.start();
    const duty = await port.program('duty');
    terminals = (await duty.ask('GET', '/api/prepare/port')).terminals;
    const incident = await openIncident(duty, 'TOSの停止', { terminals: [terminals[0].id] });
    await publish({
        incident: incident.id, phase: 'investigating',
        texts: {
            ja: { title: `${terminals[0].name}のシステム障害`, body: 'コンテナの搬出入を止めています。再開の見込みは分かり次第お知らせします。' },
            en: { title: 'System failure at a terminal', body: 'Container moves are stopped.' },
        },
        terminals: [{ terminal: terminals[0].id, service: 'stopped', gate: 'closed', wait_minutes: 90, queue_metres: 1200, restart_at: new Date(Date.now() + 7_200_000).toISOString() }],
        roads: [{ name: '臨港道路', name_en: 'Port road', traffic: 'queue', queue_metres: 1200 }],
        next_update_at: new Date(Date.now() + 3_600_000).toISOString(),
    });
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});

// By two people, as it has to be.
async function publish(draft) {
    const writer = await port.program('duty');
    const { id } = await writer.ask('POST', notices, draft);
    for (const one of (await port.people()).filter((person) => person.login !== 'duty')) {
        const second = await port.program(one.login);
        try {
            await second.ask('POST', `${notices}/${id}/approve`, {}, { 'If-Match': '"1"' });
            return id;
        } catch {
            // Not one of those who may.
        }
    }
    throw new Error('nobody could approve');
}

async function visitor(more = {}) {
    return (await browser()).newContext({ viewport: phone, locale: 'ja-JP', timezoneId: 'Asia/Tokyo', javaScriptEnabled: false, ...more });
}

for (const [viewport, locale, name] of [[phone, 'ja-JP', 'a phone'], [desk, 'ja-JP', 'a desk'], [phone, 'en-GB', 'a phone, in English']]) {
    test(`the public page needs no script and excludes nobody: ${name}`, async () => {
        const context = await visitor({ viewport, locale });
        const page = await context.newPage();
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(`${port.publicUrl}/`);
        const text = await page.locator('main').innerText();
        assert.match(text, locale === 'ja-JP' ? /のシステム障害/ : /System failure/);
        assert.match(text, locale === 'ja-JP' ? /次の更新/ : /[Nn]ext update/);
        assert.equal(await page.locator('script').count(), 0);
        assert.deepEqual(asked.filter((one) => !one.startsWith(port.publicUrl)), []);   // nothing of others is loaded
        // Keyboard only: to the letters and back.
        await until('the keyboard reaches the letters', async () => {
            await page.keyboard.press('Tab');
            return page.locator('a[href*="subscribe"]:focus').count();
        });
        await page.keyboard.press('Enter');
        await page.waitForURL(/subscribe/);
        await page.locator('input[type=email]').focus();
        await page.keyboard.type('driver@trucks.example');
        await page.keyboard.press('Enter');
        await page.waitForURL(/done=sent/);
        await context.close();
        const reader = await visitor({ viewport, locale, javaScriptEnabled: true, bypassCSP: true });
        const judged = await reader.newPage();
        for (const path of ['/', '/subscribe']) {
            await judged.goto(port.publicUrl + path);
            await judged.evaluate(axe);
            const found = await judged.evaluate(async () => (await globalThis.axe.run(document, {
                runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            })).violations.map((one) => ({ id: one.id, nodes: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)) })));
            assert.deepEqual(found, [], path);
            assert.ok(await judged.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${path} scrolls sideways`);
            if (process.env.NOROSHI_PICTURES)
                await judged.screenshot({ path: `${process.env.NOROSHI_PICTURES}/public-${path.slice(1) || 'front'}-${viewport.width}-${locale.slice(0, 2)}.png`, fullPage: true });
        }
        await reader.close();
    });
}

test('another site may show the page, and nobody else', async () => {
    // Wrong: a haulier's own page cannot show the state of the gates; or the board can be framed by a stranger.
    const context = await visitor({ viewport: desk });
    const page = await context.newPage();
    const haulier = createServer((_, answer) => {
        answer.setHeader('Content-Type', 'text/html');
        answer.end(`<iframe title="port" src="${port.publicUrl}/ja.html"></iframe><iframe title="board" src="${port.url}/"></iframe>`);
    });
    await new Promise((listening) => haulier.listen(0, '127.0.0.1', listening));
    await page.goto(`http://127.0.0.1:${haulier.address().port}/`);
    await page.frameLocator('iframe[title=port]').locator('main').waitFor();
    assert.match(await page.frameLocator('iframe[title=port]').locator('main').innerText(), /システム障害/);
    assert.ok(!page.frames().some((frame) => frame.url().startsWith(`${port.url}/`)), 'the board was framed');
    await context.close();
    haulier.close();
});
