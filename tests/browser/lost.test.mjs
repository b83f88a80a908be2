// Not a word is lost (product.md, the duty officer at 03:00): whatever happens to the tab, the network or the server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { boardOf, closeBrowser, contentField, device, entriesOf, line, openIncident, phone, Port, signIn, until, waitingLine, watch, write } from './port.mjs';

let port, duty;
before(async () => {
    port = await Port.start();
    duty = await port.program('duty');
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});

const contents = async (incident) => (await entriesOf(duty, incident.id)).map((entry) => entry.content);

test('two people write at the same time, and both lines are on both boards', async () => {
    // If it failed: the second of two clerks would overwrite, or not see, the first.
    const incident = await openIncident(duty);
    const [one, two] = await Promise.all([device(), device()]);
    const [here, there] = [await signIn(one, port, 'duty'), await signIn(two, port, 'clerk')];
    const wrong = [...watch(here, port), ...watch(there, port)];
    await Promise.all([here.goto(boardOf(port, incident)), there.goto(boardOf(port, incident))]);
    await Promise.all([write(here, '当直：警察へ通報'), write(there, '記録員：ゲート閉鎖を確認')]);
    for (const page of [here, there]) for (const text of ['当直：警察へ通報', '記録員：ゲート閉鎖を確認']) await line(page, text).waitFor();
    assert.deepEqual((await contents(incident)).sort(), ['当直：警察へ通報', '記録員：ゲート閉鎖を確認'].sort());
    assert.deepEqual(wrong, []);
    await Promise.all([one.close(), two.close()]);
});

test('the network is cut and comes back', async () => {
    // If it failed: a liaison in a container yard with bad reception would lose what they saw.
    const incident = await openIncident(duty);
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await page.getByRole('button', { name: '記録を書く' }).click();
    await contentField(page).fill('切断前に打ちはじめ');
    await context.setOffline(true);
    await contentField(page).fill('切断中に書いた一行');
    await page.getByRole('button', { name: '記録する' }).click();
    await waitingLine(page, '切断中に書いた一行').getByText('送信待ち').waitFor();
    await page.locator('[data-feed=offline]').waitFor();
    assert.deepEqual(await contents(incident), []);
    await context.setOffline(false);
    await line(page, '切断中に書いた一行').waitFor();
    await waitingLine(page, '切断中に書いた一行').waitFor({ state: 'detached' });
    assert.deepEqual(await contents(incident), ['切断中に書いた一行']);
    await context.close();
});

test('without a network the app opens again, with the draft and the lines read before', async () => {
    // If it failed: a reload in a dead spot would show an error page instead of the text.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await write(page, '読んだことのある記録');
    await line(page, '読んだことのある記録').waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await until('the shell is kept', () => page.evaluate(async () => (await caches.match('/')) !== undefined));
    await until('the lines are kept', () => page.evaluate(() => new Promise((done) => {
        const request = indexedDB.open('noroshi', 1);
        request.onsuccess = () => {
            const all = request.result.transaction('pages').objectStore('pages').getAll();
            all.onsuccess = () => done(JSON.stringify(all.result).includes('読んだことのある記録'));
        };
    })));
    await contentField(page).fill('まだ送っていない文');
    await context.setOffline(true);
    await page.reload();
    await line(page, '読んだことのある記録').waitFor();
    await until('the draft is back', async () => (await contentField(page).inputValue()) === 'まだ送っていない文');
    await contentField(page).press('Control+Enter');
    await waitingLine(page, 'まだ送っていない文').waitFor();
    await context.setOffline(false);
    await line(page, 'まだ送っていない文').waitFor();
    assert.deepEqual(await contents(incident), ['読んだことのある記録', 'まだ送っていない文']);
    await context.close();
});

test('the tab is closed in the middle of a word', async () => {
    // If it failed: an accidental swipe would throw away the police officer's statement.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await contentField(page).pressSequentially('県警サイバー対策課から電話。証拠保');
    await page.close({ runBeforeUnload: false });
    const again = await context.newPage();
    await again.goto(boardOf(port, incident));
    await until('the text is back', async () => (await contentField(again).inputValue()) === '県警サイバー対策課から電話。証拠保');
    await contentField(again).press('End');
    await contentField(again).pressSequentially('全を依頼');
    await contentField(again).press('Control+Enter');
    await line(again, '県警サイバー対策課から電話。証拠保全を依頼').waitFor();
    assert.equal((await contents(incident)).length, 1);
    await context.close();
});

test('two tabs of one person never mix or double their drafts', async () => {
    // If it failed: a clerk with two windows would send one text twice, or find the other's words in the form.
    const incident = await openIncident(duty);
    const context = await device();
    const first = await signIn(context, port, 'duty');
    await first.goto(boardOf(port, incident));
    await contentField(first).fill('一つめの窓');
    const second = await context.newPage();
    await second.goto(boardOf(port, incident));
    await contentField(second).waitFor();
    assert.equal(await contentField(second).inputValue(), '');
    await contentField(second).fill('二つめの窓');
    await Promise.all([contentField(first).press('Control+Enter'), contentField(second).press('Control+Enter')]);
    for (const page of [first, second]) for (const text of ['一つめの窓', '二つめの窓']) await line(page, text).waitFor();
    assert.deepEqual((await contents(incident)).sort(), ['一つめの窓', '二つめの窓'].sort());
    await context.close();
});

test('what the server refuses comes back into the form, with the reason', async () => {
    // If it failed: a refused line would vanish, and nobody would write it again.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    // The server itself refuses texts beyond its limit (20,000 characters).
    const long = 'あ'.repeat(20_001);
    await write(page, long);
    await page.locator('form [role=alert], form .error').first().waitFor();
    await until('the text is back', async () => (await contentField(page).inputValue()) === long);
    await write(page, '短くした文');
    await line(page, '短くした文').waitFor();
    assert.deepEqual(await contents(incident), ['短くした文']);
    await context.close();
});

test('signed out while writing: nothing is lost, and it goes out after signing in', async () => {
    // If it failed: a session that ends at 03:00 would take the line with it.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await contentField(page).waitFor();
    // What the page reads at first must be there: else one of its questions is refused before the line is written.
    for (const last of ['一斉連絡はまだありません。', '状況確認はまだしていません。']) await page.getByText(last).waitFor();
    await context.clearCookies();
    await write(page, 'セッション切れの間の記録');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const person = (await port.people()).find((one) => one.login === 'duty');
    await dialog.locator('input[autocomplete=username]').fill('duty');
    await dialog.locator('input[autocomplete=current-password]').fill(person.password);
    await dialog.locator('button[type=submit]').click();
    await line(page, 'セッション切れの間の記録').waitFor();
    assert.deepEqual(await contents(incident), ['セッション切れの間の記録']);
    await context.close();
});

test('the server is killed while three clerks write, and everything is there once', async () => {
    // If it failed: a power cut in the machine room would cost lines, or repeat them.
    const incident = await openIncident(duty);
    const logins = (await port.people()).map((one) => one.login).filter((login) => ['duty', 'clerk', 'leader'].includes(login));
    const contexts = await Promise.all(logins.map(() => device()));
    const pages = [];
    for (const [index, context] of contexts.entries()) {
        const page = await signIn(context, port, logins[index]);
        await page.goto(boardOf(port, incident));
        await contentField(page).waitFor();
        pages.push(page);
    }
    const wanted = [];
    for (let round = 0; round < 3; round += 1) {
        const writing = pages.map(async (page, index) => {
            for (let turn = 0; turn < 4; turn += 1) {
                const text = `${logins[index]} ${round}-${turn}`;
                wanted.push(text);
                await write(page, text);
            }
        });
        await writing[0];
        await port.kill();
        await Promise.all(writing);
        await port.restart();
        duty = await port.program('duty');
    }
    await until('all lines arrived', async () => {
        const have = await contents(incident);
        return wanted.every((text) => have.includes(text));
    }, 90_000);
    assert.deepEqual((await contents(incident)).sort(), [...wanted].sort());
    for (const page of pages) {
        await line(page, wanted.at(-1)).waitFor();
        await until('nothing waits any more', async () => (await page.locator('article[data-waiting]').count()) === 0);
    }
    await Promise.all(contexts.map((context) => context.close()));
});

test('saved while the server is down, the tab closed: it goes out with the next visit, once', async () => {
    // If it failed: "saved" would be a lie whenever the person goes home before the server is back.
    const incident = await openIncident(duty);
    const context = await device();
    const page = await signIn(context, port, 'duty');
    await page.goto(boardOf(port, incident));
    await contentField(page).waitFor();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await port.kill();
    await write(page, 'サーバー停止中に保存した記録');
    await waitingLine(page, 'サーバー停止中に保存した記録').waitFor();
    await page.close();
    const between = await context.newPage();
    await between.goto(boardOf(port, incident));
    await waitingLine(between, 'サーバー停止中に保存した記録').waitFor();
    await between.close();
    await port.restart();
    duty = await port.program('duty');
    const again = await context.newPage();
    await again.goto(boardOf(port, incident));
    await line(again, 'サーバー停止中に保存した記録').waitFor();
    assert.deepEqual(await contents(incident), ['サーバー停止中に保存した記録']);
    await context.close();
});

test('a board that nobody looked at for long catches up when the news has been forgotten', async () => {
    // If it failed: a wall screen woken in the morning would lack the night.
    const incident = await openIncident(duty);
    const context = await device();
    let behind = false;
    await context.route('**/api/events*', async (route) => {
        if (!behind) return route.continue();
        if (route.request().headers()['accept']?.includes('text/event-stream')) return route.abort();
        return route.fulfill({ json: { items: [{ sequence: 1, type: 'reset', topic: '', data: {} }], next: 1, reset: true } });
    });
    const page = await signIn(context, port, 'clerk');
    await page.goto(boardOf(port, incident));
    await contentField(page).waitFor();
    behind = true;
    await duty.ask('POST', `/api/respond/incident/incidents/${incident.id}/entries`, { event_time: new Date().toISOString(), content: '夜のあいだの記録' });
    await page.reload();
    await line(page, '夜のあいだの記録').waitFor();
    await context.close();
});

test('event streams are cut by a proxy: polling brings the lines', async () => {
    // If it failed: an isolated browser of a town office would show a dead board as if it were quiet.
    const incident = await openIncident(duty);
    const context = await device();
    await context.route('**/api/events*', (route) =>
        route.request().headers()['accept']?.includes('text/event-stream') ? route.abort() : route.continue());
    const page = await signIn(context, port, 'clerk');
    await page.goto(boardOf(port, incident));
    await page.locator('[data-feed=polling]').waitFor();
    await duty.ask('POST', `/api/respond/incident/incidents/${incident.id}/entries`, {
        event_time: new Date().toISOString(), content: 'ほかの人が書いた記録', sender: '警察', receiver: '当直', medium: '電話', kind: 'fact',
    });
    await line(page, 'ほかの人が書いた記録').waitFor();
    await context.close();
});
