// Browser push from end to end, without a push service of the great: one of our own takes what the courier sends and
// decrypts it with another implementation (node's crypto) of RFC 8291; what it read is handed to Chromium's service
// worker, as Chromium's own push service would.
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { closeBrowser, device, openIncident, phone, Port, signIn, until, watch } from './port.mjs';

// RFC 8291 §3.4, RFC 8188 §2: what a browser does.
function decrypt(body, keys, auth) {
    const salt = body.subarray(0, 16);
    const sender = body.subarray(21, 86);
    assert.equal(body[20], 65);
    const hkdf = (secret, seed, info, size) => Buffer.from(hkdfSync('sha256', secret, seed, info, size));
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), sender]);
    const secret = hkdf(keys.computeSecret(sender), auth, info, 32);
    const cipher = createDecipheriv('aes-128-gcm', hkdf(secret, salt, 'Content-Encoding: aes128gcm\0', 16), hkdf(secret, salt, 'Content-Encoding: nonce\0', 12));
    cipher.setAuthTag(body.subarray(-16));
    const plain = Buffer.concat([cipher.update(body.subarray(86, -16)), cipher.final()]);
    assert.equal(plain.at(-1), 2, 'the last record');
    return JSON.parse(plain.subarray(0, -1).toString('utf8'));
}

// RFC 8292: who sends it.
function check(header, key, audience) {
    const [, token, sent] = /^vapid t=([^,]+), k=(.+)$/.exec(header);
    assert.equal(sent, key);
    const point = Buffer.from(key, 'base64url');
    const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } });
    const [head, claims, signature] = token.split('.');
    assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.equal(said.aud, audience);
    assert.ok(said.exp * 1000 > Date.now() && said.exp * 1000 < Date.now() + 24 * 3600_000);
}

let port, duty, service, endpoint;
let status = 201;
const taken = [];
before(async () => {
    service = createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            taken.push({ headers: request.headers, body: Buffer.concat(parts) });
            response.writeHead(status).end();
        });
    });
    await new Promise((resolve) => service.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${service.address().port}`;
    port = await Port.start({ config: '[push]\ncontact = "mailto:duty@port.example"\nservices = ["127.0.0.1"]\n' });
    duty = await port.program('duty');
});
after(async () => {
    await closeBrowser();
    service?.close();
    await port?.stop();
});

// Chromium cannot reach its makers' push service from here: this takes that one's place.
async function subscribes(context, keys, auth) {
    await context.addInitScript(([url, p256dh, secret]) => {
        let current = null;
        PushManager.prototype.getSubscription = async () => current;
        PushManager.prototype.subscribe = async (options) => {
            window.subscribedWith = [...new Uint8Array(options.applicationServerKey)];
            current = { endpoint: url, unsubscribe: async () => Boolean((current = null)) || true, toJSON: () => ({ endpoint: url, keys: { p256dh, auth: secret } }) };
            return current;
        };
    }, [`${endpoint}/p/one`, keys.getPublicKey('base64url'), auth.toString('base64url')]);
}

test('a browser is woken by a call-out and answers from the notification', async () => {
    // If it failed: the alarm would stop at the lock screen, or say there more than an SMS would.
    const keys = createECDH('prime256v1');
    keys.generateKeys();
    const auth = randomBytes(16);
    const context = await device({ viewport: phone, permissions: ['notifications'] });
    await context.grantPermissions(['notifications'], { origin: port.url });
    await subscribes(context, keys, auth);
    const page = await signIn(context, port, 't1');
    const wrong = watch(page, port);
    await page.goto(`${port.url}/settings`);
    await page.getByRole('button', { name: 'この端末に通知する' }).click();
    await page.getByText('この端末', { exact: true }).waitFor();
    const t1 = await port.program('t1');
    const { public_key: key, items } = await t1.ask('GET', '/api/prepare/contacts/devices');
    assert.equal(items.length, 1);
    assert.equal(Buffer.from(await page.evaluate(() => window.subscribedWith)).toString('base64url'), key);

    // A trial first, as its owner would.
    await page.getByRole('button', { name: '試しに通知を送る' }).click();
    await until('the trial arrives', () => taken.length === 1);
    assert.match(decrypt(taken[0].body, keys, auth).title, /試験/);

    const incident = await openIncident(duty, '北ふ頭のTOS停止');
    const me = await t1.ask('GET', '/api/identity/me');
    const secret = `県庁3階へ。${'詳細は非公開。'.repeat(200)}`;
    await duty.ask('POST', '/api/respond/callout/callouts', { incident: incident.id, text: secret, people: [me.person] }, { 'Idempotency-Key': `push-${Date.now()}` });
    await until('the call arrives', () => taken.length === 2);
    check(taken[1].headers.authorization, key, endpoint);
    assert.equal(taken[1].headers.urgency, 'high');
    const call = decrypt(taken[1].body, keys, auth);
    assert.match(call.title, /TLP:/);
    assert.ok([...call.body].length <= 301, 'no more than an SMS');

    // Chromium's part: the worker shows it, and an action answers.
    const cdp = await context.newCDPSession(page);
    const registration = new Promise((resolve) => cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)));
    await cdp.send('ServiceWorker.enable');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: port.url, registrationId: await registration, data: JSON.stringify(call) });
    const shown = () => worker.evaluate(async () => (await self.registration.getNotifications()).map(({ title, body, actions, tag }) => ({ title, body, tag, actions: actions.map((one) => one.action) })));
    const [notification] = await until('the notification is shown', async () => ((await shown()).length ? shown() : undefined));
    assert.equal(notification.title, call.title);
    assert.equal(notification.body, call.body);
    assert.deepEqual(notification.actions, ['coming', 'cannot']);
    await worker.evaluate(async () => answer((await self.registration.getNotifications())[0], 'coming'));
    const line = async () => {
        const { items: callouts } = await duty.ask('GET', `/api/respond/callout/callouts?incident=${incident.id}`);
        return callouts[0].addressees.find((one) => one.person === me.person);
    };
    await until('the answer is on the board', async () => (await line()).answer === 'coming');
    assert.equal((await line()).way, 'link');
    assert.equal((await shown()).at(-1).body, call.answered);

    // What is no call of ours is shown all the same, and leads nowhere else.
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: port.url, registrationId: await registration, data: 'not json' });
    await until('something is shown', async () => (await shown()).some((one) => one.title === 'Noroshi'));
    assert.deepEqual(wrong, []);
    await context.close();
});

test('a browser that has ended its subscription is not called again', async () => {
    // If it failed: a telephone thrown away would count as reached for ever.
    const t1 = await port.program('t1');
    status = 410;
    await t1.ask('POST', '/api/prepare/contacts/devices/trial', {});
    await until('it is taken out', async () => (await t1.ask('GET', '/api/prepare/contacts/devices')).items.length === 0);
    await assert.rejects(t1.ask('POST', '/api/prepare/contacts/devices/trial', {}), /409/);
    status = 201;
});
