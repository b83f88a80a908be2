// Second factors as a person uses them: an authenticator app, a passkey of the device (Chromium's virtual authenticator),
// a shared terminal in the duty room, and a guest who sees one incident and nothing else.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { closeBrowser, device, openIncident, Port, signIn, until, watch } from './port.mjs';

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
