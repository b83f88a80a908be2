// Second factors as a person uses them: an authenticator app, a passkey of the device (Chromium's virtual authenticator),
// a shared terminal in the duty room, and a guest who sees one incident and nothing else.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { boardOf, browser, closeBrowser, contentField, device, entriesOf, line, openIncident, Port, signIn, until, watch, write } from './port.mjs';

let port, duty;
before(async () => {
    port = await Port.start();
    // A passkey belongs to a name; an address of digits has none.
    port.named = port.url.replace('127.0.0.1', 'localhost');
    duty = await port.program('duty');
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});

const passwordOf = async (login) => (await port.people()).find((one) => one.login === login).password;

async function fillSignIn(page, login, password) {
    await page.locator('input[autocomplete=username]').fill(login);
    await page.locator('input[autocomplete=current-password]').fill(password);
    await page.locator('button[type=submit]').click();
}
const isIn = (page) => until('signed in', () => page.evaluate(() => localStorage.getItem('noroshi.me') !== null));

// RFC 6238, as any authenticator app does it.
function codeOf(base32, at = Date.now()) {
    const bits = [...base32.replace(/\s/g, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
    const mac = createHmac('sha1', key).update(counter).digest();
    return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// A password read off a note would be enough.
test('an authenticator app is registered, and asked for', async () => {
    const login = 'leader';
    const people = await port.people();
    const who = people.find((one) => one.login === login) ?? people.find((one) => one.login !== 'duty');
    const context = await device();
    const page = await signIn(context, port, who.login);
    const wrong = watch(page, port);
    await page.goto(`${port.url}/settings`);
    await page.getByRole('button', { name: '認証アプリを登録する' }).click();
    const secret = await page.locator('[data-secret]').getAttribute('data-secret');
    await page.getByLabel('アプリに表示された6桁の数字').fill(codeOf(secret));
    await page.getByRole('button', { name: '登録を終える' }).click();
    await page.getByText('予備コードです。').waitFor();
    const recovery = await page.locator('.notice li').first().innerText();
    assert.match(recovery, /^([0-9a-z]{4}-){5}[0-9a-z]{4}$/);

    const other = await device();
    const entering = await other.newPage();
    await entering.goto(`${port.url}/settings`);
    await fillSignIn(entering, who.login, who.password);
    await entering.getByLabel('認証コード').fill('000000');
    await entering.locator('button[type=submit]').click();
    await entering.getByText('コードが違うか').first().waitFor();
    await entering.getByLabel('認証コード').fill(recovery);
    await entering.locator('button[type=submit]').click();
    await isIn(entering);
    assert.deepEqual(wrong, []);
    await context.close();
    await other.close();
});

// The officer on duty could not get in with a fingerprint.
test('a passkey of the device is made, signs in, and can be removed', async () => {
    const context = await device();
    const page = await context.newPage();
    const control = await context.newCDPSession(page);
    await control.send('WebAuthn.enable');
    const { authenticatorId } = await control.send('WebAuthn.addVirtualAuthenticator', {
        options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
    await page.goto(`${port.named}/settings`);
    await fillSignIn(page, 'duty', await passwordOf('duty'));
    await isIn(page);
    await page.goto(`${port.named}/settings`);
    await page.getByLabel('パスキーの名前').fill('当直用の電話');
    await page.getByRole('button', { name: 'この端末にパスキーを作る' }).click();
    await page.locator('li', { hasText: '当直用の電話' }).waitFor();
    const { credentials } = await control.send('WebAuthn.getCredentials', { authenticatorId });
    assert.equal(credentials.length, 1);

    await page.getByRole('button', { name: 'サインアウト' }).click();
    await page.getByRole('button', { name: 'パスキーでサインイン' }).click();
    await isIn(page);
    await page.goto(`${port.named}/settings`);
    await page.getByText('二段階', { exact: true }).first().waitFor();
    const row = page.locator('li', { hasText: '当直用の電話' });
    await row.getByRole('button', { name: '解除する' }).click();
    await row.waitFor({ state: 'detached' });

    // Without verification of the person it is no second factor.
    await page.getByLabel('パスキーの名前').fill('確認しない鍵');
    await control.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.getByRole('button', { name: 'この端末にパスキーを作る' }).click();
    await page.getByText('取り消されたか、時間切れ').waitFor();
    await context.close();
});

// At the desk in the duty room everybody would write under one name, or nobody could join without sending the first away.
test('two clerks at one terminal: the second joins while the first stays, and each writes under their own name', async () => {
    const people = await port.people();
    const [first, second] = ['duty', 'clerk'].map((login) => people.find((one) => one.login === login) ?? people.find((one) => one.login !== 'duty'));
    const incident = await openIncident(duty, '共用端末の試験');
    const context = await device();
    const page = await signIn(context, port, first.login);
    const wrong = watch(page, port);
    await page.goto(`${port.url}/settings`);
    await page.getByLabel('端末の名前').fill('当直室の共用端末');
    await page.getByRole('button', { name: 'このブラウザーを共用端末にする' }).click();
    const bar = page.getByRole('group', { name: '共用端末 当直室の共用端末' });
    await bar.getByText(`いま：${first.name}`).waitFor();
    const choosePin = async (pin) => {
        await bar.getByRole('button', { name: 'PINを決める' }).click();
        await page.getByRole('dialog').getByLabel('この端末でのPIN').fill(pin);
        await page.getByRole('button', { name: 'このPINにする' }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await choosePin('271828');

    await page.goto(boardOf(port, incident));
    await contentField(page).waitFor();
    await write(page, '一人目の記録');
    await line(page, '一人目の記録').waitFor();
    await contentField(page).fill('一人目の書きかけ');

    await bar.getByRole('button', { name: 'ほかの人がサインイン' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[autocomplete=username]').fill(second.login);
    await dialog.locator('input[autocomplete=current-password]').fill(second.password);
    await dialog.locator('button[type=submit]').click();
    await bar.getByText(`いま：${second.name}`).waitFor();
    assert.equal(page.url(), boardOf(port, incident), 'on the same board');
    assert.equal(await contentField(page).inputValue(), '', 'what the first was writing is not the second\'s');
    await choosePin('314159');
    await write(page, '二人目の記録');
    await line(page, '二人目の記録').waitFor();

    // A second window of this browser does not know yet that somebody else goes on: nothing is kept under a wrong name.
    const other = await context.newPage();
    await other.goto(boardOf(port, incident));
    await contentField(other).waitFor();

    await bar.getByRole('button', { name: `${first.name}に交代` }).click();
    const pin = dialog.getByLabel(`${first.name}さんのPIN`);
    await pin.fill('314159');
    await pin.press('Enter');
    await dialog.getByText('PINが違います').first().waitFor();
    await pin.fill('271828');
    await pin.press('Enter');
    await bar.getByText(`いま：${first.name}`).waitFor();
    await until('the draft is found again', async () => (await contentField(page).inputValue()) === '一人目の書きかけ');
    await write(other, '別の窓で書かれた記録');
    await other.getByRole('group', { name: /共用端末/ }).getByText(`いま：${first.name}`).waitFor();

    await contentField(page).press('Control+Enter');
    await line(page, '一人目の書きかけ').waitFor();
    const kept = (await entriesOf(duty, incident.id)).map((one) => `${one.author.name}：${one.content}`);
    assert.deepEqual(kept, [`${first.name}：一人目の記録`, `${second.name}：二人目の記録`, `${first.name}：一人目の書きかけ`]);
    await other.close();

    // Locked: nothing is shown, both are still there. One leaves, the other stays.
    await bar.getByRole('button', { name: 'ロック' }).click();
    await page.getByText('画面はロックされています').waitFor();
    assert.equal(await page.getByText('共用端末の試験').count(), 0);
    await page.getByRole('button', { name: second.name, exact: true }).first().click();
    await page.getByLabel(`${second.name}さんのPIN`).fill('314159');
    await page.getByRole('button', { name: `${second.name}に交代` }).click();
    await bar.getByText(`いま：${second.name}`).waitFor();
    await page.goto(`${port.url}/settings`);
    await page.locator('main').getByRole('button', { name: 'サインアウト' }).click();
    const present = page.getByRole('region', { name: '席に着いている人' });
    await present.getByRole('button', { name: first.name, exact: true }).waitFor();
    assert.equal(await present.getByRole('button', { name: second.name, exact: true }).count(), 0);
    assert.deepEqual(wrong.filter((one) => !/401|403|409/.test(one)), []);
    await context.close();
});

// A browser that is kept apart, without scripts, would be no use.
test('without scripts: sign in, follow a board, add a line', async () => {
    const incident = await openIncident(duty, 'スクリプトなしの試験');
    const base = `/api/respond/incident/incidents/${incident.id}/entries`;
    await duty.ask('POST', base, { content: 'ゲートで<受付>ができない', kind: 'fact' });
    const people = await port.people();
    const who = people.find((one) => one.login === 'duty');
    const context = await (await browser()).newContext({ javaScriptEnabled: false, locale: 'ja-JP', viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto(port.url);
    await page.getByRole('link', { name: 'JavaScript を使わない画面はこちら' }).click();
    await page.getByLabel('ログイン名').fill(who.login);
    await page.getByLabel('パスワード').fill('wrong horse!');
    await page.getByRole('button', { name: 'サインイン' }).click();
    await page.getByRole('alert').getByText('違います').waitFor();
    assert.equal(await page.getByLabel('ログイン名').inputValue(), who.login);
    await page.getByLabel('パスワード').fill(who.password);
    await page.getByRole('button', { name: 'サインイン' }).click();
    await page.getByRole('link', { name: /スクリプトなしの試験/ }).click();
    await page.getByText('ゲートで<受付>ができない').waitFor();
    await page.getByRole('link', { name: '記録を書く' }).click();
    await page.getByText('記録を見るのは：').waitFor();
    await page.getByLabel('内容').fill('南ゲートも閉めた\n20台が待機');
    await page.getByLabel('発生時刻').fill('六時');
    await page.getByRole('button', { name: '記録する' }).click();
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('内容').inputValue(), '南ゲートも閉めた\n20台が待機', 'nothing typed is lost');
    await page.getByLabel('発生時刻').fill('');
    await page.getByRole('button', { name: '記録する' }).click();
    await page.getByRole('status').getByText('記録しました').waitFor();
    const entries = await entriesOf(duty, incident.id);
    assert.deepEqual(entries.map((one) => one.content), ['ゲートで<受付>ができない', '南ゲートも閉めた\n20台が待機']);
    assert.equal(entries[1].author.name, who.name);
    await page.getByRole('button', { name: 'サインアウト' }).click();
    await page.getByLabel('ログイン名').waitFor();
    await page.goto(`${port.url}/plain/respond/incident/${incident.id}`);
    assert.equal(await page.getByText('スクリプトなしの試験').count(), 0);
    await context.close();
});

// Somebody from outside would look around in the port.
test('a guest enters by the link, writes in one incident and sees nothing else', async () => {
    const incident = await openIncident(duty, '解析を頼む事案');
    const invited = await duty.ask('POST', '/api/respond/guests/invitations', {
        incident: incident.id, name: '解析担当', affiliation: '解析社', may_write: true, until: new Date(Date.now() + 86_400_000).toISOString(),
    });
    const context = await device();
    const page = await context.newPage();
    await page.goto(invited.link);
    await page.getByRole('button', { name: '入る' }).click();
    await page.waitForURL(`**/respond/incident/${incident.id}`);
    await page.getByText('解析を頼む事案').first().waitFor();
    const status = (path) => page.evaluate(async (where) => (await fetch(where)).status, path);
    assert.equal(await status('/api/prepare/contacts'), 403);
    assert.equal(await status('/api/respond/incident/incidents'), 403);
    assert.equal(await status(`/api/respond/incident/incidents/${incident.id}`), 200);
    await duty.ask('DELETE', `/api/respond/guests/invitations/${invited.person}`);
    assert.equal(await status(`/api/respond/incident/incidents/${incident.id}`), 401);
    await context.close();
});
